/* A TFLite delegate that takes ADD and SOFTMAX of float32 and computes them, for tests.
 *
 * Options: ops=ADD,SOFTMAX (which of them it takes), off=NUMBER (added to each of its results, to be wrong),
 * crash=1 (abort when run), crash=load (abort when created), refuse=1 (can't be created). The structures are those of
 * tensorflow/lite/core/c/common.h, as far as they are used.
 */
#include <math.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

enum { OK = 0, ERROR = 1, FLOAT32 = 1, ADD = 0, SOFTMAX = 25, RELU = 1, RELU6 = 3, MOST = 64 };

typedef struct { int size; int data[]; } IntArray;
typedef struct { float scale; int32_t zero_point; } Params;
typedef struct { int type; void *params; } Quantization;
typedef struct {
  int type; float *data; IntArray *dims; Params params; int allocation_type; size_t bytes;
  const void *allocation; const char *name; void *delegate; int buffer_handle; bool data_is_stale;
  bool is_variable; Quantization quantization; void *sparsity; const IntArray *dims_signature;
} Tensor;
typedef struct Delegate Delegate;
typedef struct {
  IntArray *inputs, *outputs, *intermediates, *temporaries; void *user_data, *builtin_data;
  const void *custom_initial_data; int custom_initial_data_size; Delegate *delegate;
  bool might_have_side_effect;
} Node;
typedef struct Context Context;
typedef struct {
  void *(*init)(Context *, const char *, size_t); void (*free)(Context *, void *);
  int (*prepare)(Context *, Node *); int (*invoke)(Context *, Node *);
  const char *(*profiling_string)(const Context *, const Node *); int32_t builtin_code;
  const char *custom_name; int version; void *external; void *(*async_kernel)(Context *, Node *);
  uint64_t inplace_operator;
} Registration;
struct Context {
  size_t tensors_size; int (*GetExecutionPlan)(Context *, IntArray **); Tensor *tensors; void *impl;
  int (*ResizeTensor)(Context *, Tensor *, IntArray *); void (*ReportError)(Context *, const char *, ...);
  int (*AddTensors)(Context *, int, int *);
  int (*GetNodeAndRegistration)(Context *, int, Node **, Registration **);
  int (*ReplaceNodeSubsetsWithDelegateKernels)(Context *, Registration, const IntArray *, Delegate *);
};
struct Delegate {
  void *data; int (*Prepare)(Context *, Delegate *); int (*CopyFrom)(void); int (*CopyTo)(void);
  void (*FreeHandle)(void); int64_t flags; void *builder;
};
typedef struct { Delegate *delegate; IntArray *nodes, *inputs, *outputs; } DelegateParams;
typedef struct { bool add, softmax, crash; float off; } Options;
typedef struct { int code, first, second, out, activation; } Step;
typedef struct { const Options *options; int count; Step steps[MOST]; } Kernel;

static bool takes(const Options *options, const Context *context, const Node *node, int code) {
  bool asked = (code == ADD && options->add) || (code == SOFTMAX && options->softmax);
  return asked && context->tensors[node->inputs->data[0]].type == FLOAT32;
}

static void *start(Context *context, const char *buffer, size_t length) {
  const DelegateParams *params = (const DelegateParams *)buffer;
  Kernel *kernel = calloc(1, sizeof *kernel);
  (void)length;
  kernel->options = params->delegate->data;
  for (int i = 0; i < params->nodes->size && kernel->count < MOST; i++) {
    Node *node; Registration *registration; Step *step = &kernel->steps[kernel->count++];
    context->GetNodeAndRegistration(context, params->nodes->data[i], &node, &registration);
    step->code = registration->builtin_code;
    step->first = node->inputs->data[0];
    step->second = node->inputs->size > 1 ? node->inputs->data[1] : -1;
    step->out = node->outputs->data[0];
    step->activation = step->code == ADD && node->builtin_data ? *(int *)node->builtin_data : 0;
  }
  return kernel;
}

static void stop(Context *context, void *kernel) { (void)context; free(kernel); }
static int prepare(Context *context, Node *node) { (void)context; (void)node; return OK; }

static void add(const Tensor *a, const Tensor *b, Tensor *out, int activation) {
  size_t n = out->bytes / sizeof(float), m = b->bytes / sizeof(float);
  for (size_t i = 0; i < n; i++) {
    float sum = a->data[i] + b->data[i % m];
    if (activation == RELU || activation == RELU6) sum = fmaxf(sum, 0.0f);
    out->data[i] = activation == RELU6 ? fminf(sum, 6.0f) : sum;
  }
}

static void softmax(const Tensor *in, Tensor *out) {
  int width = in->dims->data[in->dims->size - 1];
  size_t n = out->bytes / sizeof(float);
  for (size_t row = 0; row < n; row += width) {
    float most = in->data[row], sum = 0.0f;
    for (int i = 1; i < width; i++) most = fmaxf(most, in->data[row + i]);
    for (int i = 0; i < width; i++) sum += out->data[row + i] = expf(in->data[row + i] - most);
    for (int i = 0; i < width; i++) out->data[row + i] /= sum;
  }
}

static int invoke(Context *context, Node *node) {
  const Kernel *kernel = node->user_data;
  if (kernel->options->crash) abort();
  for (int i = 0; i < kernel->count; i++) {
    const Step *step = &kernel->steps[i];
    Tensor *tensors = context->tensors, *out = &tensors[step->out];
    if (step->code == ADD) add(&tensors[step->first], &tensors[step->second], out, step->activation);
    else softmax(&tensors[step->first], out);
    for (size_t j = 0; j < out->bytes / sizeof(float); j++) out->data[j] += kernel->options->off * (j % 2);
  }
  return OK;
}

static int claim(Context *context, Delegate *delegate) {
  IntArray *plan, *wanted;
  if (context->GetExecutionPlan(context, &plan) != OK) return ERROR;
  wanted = malloc(sizeof(IntArray) + plan->size * sizeof(int));
  wanted->size = 0;
  for (int i = 0; i < plan->size; i++) {
    Node *node; Registration *registration;
    if (context->GetNodeAndRegistration(context, plan->data[i], &node, &registration) != OK) return ERROR;
    if (takes(delegate->data, context, node, registration->builtin_code))
      wanted->data[wanted->size++] = plan->data[i];
  }
  Registration mine = {.init = start, .free = stop, .prepare = prepare, .invoke = invoke};
  mine.custom_name = "TestDelegate";
  mine.version = 1;
  int status = context->ReplaceNodeSubsetsWithDelegateKernels(context, mine, wanted, delegate);
  free(wanted);
  return status;
}

Delegate *tflite_plugin_create_delegate(char **keys, char **values, size_t n, void (*report)(const char *)) {
  Options *options = calloc(1, sizeof *options);
  Delegate *delegate = calloc(1, sizeof *delegate);
  options->add = options->softmax = true;
  for (size_t i = 0; i < n; i++) {
    if (!strcmp(keys[i], "ops")) {
      options->add = strstr(values[i], "ADD") != NULL;
      options->softmax = strstr(values[i], "SOFTMAX") != NULL;
    } else if (!strcmp(keys[i], "off")) {
      options->off = strtof(values[i], NULL);
    } else if (!strcmp(keys[i], "crash")) {
      if (!strcmp(values[i], "load")) abort();
      options->crash = true;
    } else if (!strcmp(keys[i], "refuse")) {
      report("the licence has run out");
      return NULL;
    }
  }
  delegate->data = options;
  delegate->Prepare = claim;
  return delegate;
}

void tflite_plugin_destroy_delegate(Delegate *delegate) {
  if (!delegate) return; /* the runtime also destroys what couldn't be created */
  free(delegate->data);
  free(delegate);
}
