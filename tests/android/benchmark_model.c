/* A stand-in for TensorFlow Lite's benchmark_model, which can't be had here: it takes the same flags and writes the
 * same files (benchmark_result.proto, model_runtime_info.proto, the CSV of stats_calculator.cc), and runs nothing.
 * Of the graph it looks at the size alone: a run "takes" a microsecond for every byte.
 * What a model answers lies in files that the test prepared, under FNV-1a of the values given and the graph's size.
 * COMPILED makes the build of CompiledModel, which takes no values. */

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define NODES 4
#ifdef COMPILED
#define OWN "use_cpu", "use_gpu", "use_npu", "dispatch_library_path", "compiler_plugin_library_path"
#else
#define OWN "use_xnnpack", "use_gpu", "use_nnapi", "external_delegate_path", "external_delegate_options", \
            "enable_op_profiling", "op_profiling_output_mode", "op_profiling_output_file", \
            "export_model_runtime_info", "model_runtime_info_output_file", "input_layer", "input_layer_shape", \
            "input_layer_value_files", "output_filepath"
#endif
static const char *KNOWN[] = {"graph", "num_threads", "num_runs", "min_secs", "max_secs", "warmup_runs",
                              "warmup_min_secs", "result_file_path", "report_peak_memory_footprint",
                              "require_full_delegation", OWN};
#define COUNT (sizeof KNOWN / sizeof *KNOWN)
static const char *given[COUNT];

static const char *flag(const char *name) {
  for (size_t i = 0; i < COUNT; i++)
    if (!strcmp(KNOWN[i], name) && given[i]) return given[i];
  return "";
}

static int on(const char *name) { return !strcmp(flag(name), "true"); }

struct message { uint8_t bytes[4096]; size_t size; };

static void varint(struct message *to, uint64_t value) {
  do to->bytes[to->size++] = (value & 0x7F) | (value > 0x7F ? 0x80 : 0);
  while (value >>= 7);
}

static void integer(struct message *to, int number, uint64_t value) {
  varint(to, number << 3);
  varint(to, value);
}

static void real(struct message *to, int number, float value) {
  varint(to, number << 3 | 5);
  memcpy(to->bytes + to->size, &value, 4);
  to->size += 4;
}

static void bytes(struct message *to, int number, const void *data, size_t size) {
  varint(to, number << 3 | 2);
  varint(to, size);
  memcpy(to->bytes + to->size, data, size);
  to->size += size;
}

static void inside(struct message *to, int number, const struct message *part) {
  bytes(to, number, part->bytes, part->size);
}

static void text(struct message *to, int number, const char *value) { bytes(to, number, value, strlen(value)); }

static void save(const char *path, const void *data, size_t size) {
  FILE *file = *path ? fopen(path, "wb") : NULL;
  if (!file || fwrite(data, 1, size, file) != size || fclose(file)) fprintf(stderr, "ERROR: Failed to save %s\n", path);
}

static const char *delegate(void) {
  if (on("use_gpu")) return "TfLiteGpuDelegateV2";
  if (on("use_nnapi")) return "TfLiteNnapiDelegate";
  if (*flag("external_delegate_path")) return "TestDelegate";
  return on("use_xnnpack") ? "TfLiteXNNPackDelegate" : "";
}

/* The GPU delegate takes 3 of 4 nodes in 2 parts, NNAPI none, all else all of them. */
static int taken(void) {
#ifdef COMPILED
  return NODES;
#else
  return !*delegate() || on("use_nnapi") ? 0 : on("use_gpu") ? NODES - 1 : NODES;
#endif
}

static void write_info(const char *path) {
  static const char *names[NODES] = {"CONV_2D", "ADD", "RFFT2D", "SOFTMAX"};
  struct message whole = {.size = 0}, graph = {.size = 0};
  for (int i = 0; i < NODES; i++) {
    struct message node = {.size = 0};
    integer(&node, 1, i);
    text(&node, 2, names[i]);
    if (taken() == NODES || (taken() && i != 2)) integer(&node, 9, taken() < NODES && i == 3 ? NODES + 1 : NODES);
    inside(&graph, 3, &node);
  }
  for (int part = 0; part < (taken() ? taken() < NODES ? 2 : 1 : 0); part++) {
    struct message node = {.size = 0}, details = {.size = 0};
    text(&details, 1, delegate());
    integer(&node, 1, NODES + part);
    text(&node, 2, delegate());
    inside(&node, 8, &details);
    inside(&graph, 3, &node);
  }
  integer(&graph, 5, 1);
  inside(&whole, 2, &graph);
  save(path, whole.bytes, whole.size);
}

/* Of every run that is timed a line, and how many there were before. With a file "heat" each makes the next slower. */
static int turn(off_t size) {
  char line[256], place[128];
  int before = 0;
  FILE *turns = fopen("/system/turns", "a+");
  while (turns && fgets(line, sizeof line, turns)) before++;
  if (!turns || !getcwd(place, sizeof place)) return fputs("ERROR: nobody counts the turns\n", stderr), exit(1), 0;
  fprintf(turns, "%s %ld %s %s\n", strrchr(place, '/') + 1, (long)size, flag("num_runs"), flag("max_secs"));
  fclose(turns);
  return before;
}

static int holds(const char *path, off_t size) {
  char line[32] = "";
  FILE *file = fopen(path, "r");
  if (file && fgets(line, sizeof line, file)) fclose(file);
  return atol(line) == size;
}

static void write_result(float ms) {
  struct message whole = {.size = 0}, times = {.size = 0}, memory = {.size = 0}, misc = {.size = 0};
  const float values[] = {ms, ms * 0.9f, ms * 1.5f, ms * 0.1f, ms, ms * 0.95f, ms * 1.2f, 7.0f, ms * 3, ms * 2};
  for (int i = 0; i < 10; i++) real(&times, i + 1, values[i]);
  integer(&memory, 1, 512);
  integer(&memory, 2, 2048);
  if (on("report_peak_memory_footprint")) real(&memory, 3, 24.0f);
  integer(&misc, 2, atoi(flag("num_runs")));
  integer(&misc, 3, atoi(flag("warmup_runs")));
  inside(&whole, 2, &times);
  inside(&whole, 3, &memory);
  inside(&whole, 4, &misc);
  save(flag("result_file_path"), whole.bytes, whole.size);
}

static void write_profile(const char *path, float ms) {
  char table[1024];
  const char *head = "============================== Run Order ==============================\n"
                     "node type, first, avg_ms, %, cdf%, mem KB, times called, name\n";
  snprintf(table, sizeof table,
           "Profiling Info for Benchmark Initialization:\n%sModifyGraphWithDelegate, 1, 1, 100%%, 100%%, 0, 1, x/0\n\n"
           "Operator-wise Profiling Info for Regular Benchmark Runs:\n%s"
           "CONV_2D, 9, %f, 75%%, 75%%, 0, 1, [stem/Relu, stem/bias]:0\nSOFTMAX, 1, %f, 25%%, 100%%, 0, 1, [y]:3\n\n",
           head, head, ms * 0.75f, ms * 0.25f);
  save(path, table, strlen(table));
}

static uint64_t hashed(uint64_t hash, const void *data, size_t size) {
  for (size_t i = 0; i < size; i++) hash = (hash ^ ((const uint8_t *)data)[i]) * 1099511628211u;
  return hash;
}

/* As the tool does it: a file of values for each input, one file of all outputs. */
static int answer(uint64_t size) {
  char values[1 << 16], files[256], path[64];
  uint64_t hash = hashed(14695981039346656037u, &size, sizeof size);
  snprintf(files, sizeof files, "%s", flag("input_layer_value_files"));
  for (char *item = strtok(files, ","); item; item = strtok(NULL, ",")) {
    FILE *file = strchr(item, ':') ? fopen(strchr(item, ':') + 1, "rb") : NULL;
    if (!file) return fprintf(stderr, "ERROR: Failed to read the input_layer_value_file: %s\n", item), 1;
    hash = hashed(hash, values, fread(values, 1, sizeof values, file));
    fclose(file);
  }
  snprintf(path, sizeof path, "/system/answers/%016llx", (unsigned long long)hash);
  FILE *file = fopen(path, "rb");
  if (!file) return fprintf(stderr, "ERROR: nobody prepared the answer %s\n", path), 1;
  size_t length = fread(values, 1, sizeof values, file);
  fclose(file);
  save(flag("output_filepath"), values, length);
  return 0;
}

int main(int argc, char **argv) {
  for (int i = 1; i < argc; i++) {
    size_t found = COUNT;
    for (size_t k = 0; k < COUNT; k++) {
      size_t length = strlen(KNOWN[k]);
      if (!strncmp(argv[i] + 2, KNOWN[k], length) && argv[i][2 + length] == '=') given[found = k] = argv[i] + 3 + length;
    }
    if (found == COUNT && strcmp(argv[i], "--help")) fprintf(stderr, "WARN: Unconsumed cmdline flags: %s\n", argv[i]);
  }
  struct stat graph;
  if (stat(flag("graph"), &graph)) {
    fprintf(stderr, "ERROR: usage: %s <flags>\nFlags:\n", argv[0]);
    for (size_t k = 0; k < COUNT; k++) fprintf(stderr, "\t--%s=x\tstring\toptional\n", KNOWN[k]);
    return 1;
  }
  puts("INFO: STARTING!");
  fflush(stdout);
  if (on("require_full_delegation") && taken() < NODES) {
    fputs("ERROR: Disallowed CPU fallback detected.\nERROR: Benchmarking failed.\n", stderr);
    return 1;
  }
  if (atoi(flag("num_threads")) == 64) abort();
  if (atoi(flag("num_threads")) == 63) sleep(120);
  if (atoi(flag("num_threads")) == 62) sleep(2);
  if (atoi(flag("num_threads")) == 61) usleep(200000);
  if (*flag("model_runtime_info_output_file")) write_info(flag("model_runtime_info_output_file"));
  if (*flag("output_filepath") && (strcmp(flag("num_runs"), "1") || strcmp(flag("warmup_runs"), "0") || answer(graph.st_size)))
    return 1;
  float ms = graph.st_size / 1000.0f / (taken() == NODES ? 2 : 1);
  int timing = !on("report_peak_memory_footprint") && !*flag("output_filepath"), before = timing ? turn(graph.st_size) : 0;
  if (before > 2 && holds("/system/breaks", graph.st_size)) abort();
  if (!access("/system/heat", F_OK)) ms *= 1 + 0.1f * before;
  write_result(ms);
  if (on("enable_op_profiling")) write_profile(flag("op_profiling_output_file"), ms);
  return 0;
}
