"""``docs/targets.md``, made from the registry: ``python -m docs.make_targets``."""

from __future__ import annotations

from pathlib import Path

from tflite_ui.analysis.truth import VERDICTS
from tflite_ui.core.target import Target
from tflite_ui.targets import targets

NIGHTLY = "https://storage.googleapis.com/tensorflow-nightly-public/prod/tensorflow/release/lite/tools/nightly/latest"
PAGE = Path(__file__).parent / "targets.md"


def page() -> str:
    """The whole page."""
    return f"""# Targets

Made by `python -m docs.make_targets`. `python -m tflite_ui targets` says which can be used on your machine,
why not when not, and what to install. Outputs are compared with the reference kernels' on your data.

{chr(10).join(_section(target) for target in targets().values())}
## Verdicts

{chr(10).join(f"- **{name.capitalize()}**: {text}" for name, text in VERDICTS.items())}

## A GPU without a GPU

`gpu` takes any Vulkan driver. Debian's `chromium-common` brings SwiftShader, which plays a GPU in software;
with `libvulkan1` and this variable the app finds it, marks everything `emulated`, and times nothing:

```
VK_ICD_FILENAMES=/usr/lib/chromium/vk_swiftshader_icd.json .venv/bin/python -m tflite_ui targets
```

## A phone

`android` times a file on an Android phone, tablet or emulator, next to what runs here.

1. `pip install -r requirements-android.txt`, and an adb server on this machine: `adb start-server`
   (adb is in Android's [platform-tools](https://developer.android.com/tools/releases/platform-tools)).
2. On the phone: seven taps on Settings, About phone, Build number; then Settings, System, Developer
   options, USB debugging. Connect it, allow this computer on its screen. `adb devices` must call it `device`.
3. Get `benchmark_model` for its ABI (`adb shell getprop ro.product.cpu.abi`): build it
   ([how](https://github.com/google-ai-edge/LiteRT/tree/main/tflite/tools/benchmark)), or take TensorFlow's
   nightly one for [arm64-v8a]({NIGHTLY}/android_aarch64_benchmark_model) or
   [armeabi-v7a]({NIGHTLY}/android_arm_benchmark_model).
   It must list `--result_file_path` among its flags (builds since 2025 do).
4. Name it in the settings with its SHA-256 (`sha256sum FILE`); a file with another one is refused. With
   `[android.compiled_model.ABI]` you name CompiledModel's build (LiteRT's `litert/tools`).
5. `--target android:serial=SERIAL,backend=gpu`. A serial is never guessed, even with one device connected.

Each file is pushed once, to a folder of its own, checked there by its SHA-256, and run to be looked into
(memory, operators). Then it answers a few of your evaluation samples (`answers=8`, 0 for none), each in a
single run of its own; the answers are compared with the reference kernels' here. CompiledModel's build takes
no samples: its answers aren't compared, and the result says so. The folders have a guard on the phone that
removes them, and ends what runs, when the connection breaks or the study is stopped. Two phones are two
machines, measured side by side.

When all files are there they take turns, as they do on this machine, so that heat hits all alike: in each of
up to five rounds every file is run by a new process of the tool, on random inputs, with its share of the runs
and of the time cap, after its own warm-up. Before each turn a hot phone is waited for, three minutes at most.
Up to 16 files (and as many copies of the tool) lie on the phone at once.

Of each round the tool writes a summary, never the single times. They are put together like this: the latency
is the median of the rounds' medians; mean, standard deviation, minimum and number of runs are those of all
runs together (they follow from the summaries); the first run is the first round's; warm-up runs are those of
each round. No other percentile follows, so none is shown: `p5 at least` is the least of the rounds' p5 and
`p95 at most` the greatest of their p95, between which those of all runs lie. With one round they are its own.
How far the rounds' medians are apart is told as for this machine.

## Settings

`TFLITE_UI_SETTINGS` names a file in TOML (without it, `settings.toml` in your configuration folder):

```toml
[delegates.coral]                        # for external_delegate:delegate=coral
path = "/usr/lib/libedgetpu.so.1"
options = {{ device = "usb" }}             # given to the library as they are
devices = ["/dev/bus/usb"]               # device files and folders it uses
reads = ["/opt/vendor"]                  # what else it reads

[android]
adb_server = "127.0.0.1:5037"            # the default

[android.benchmark_model.arm64-v8a]      # by ABI; android.compiled_model likewise
path = "/opt/tflite/android_aarch64_benchmark_model"
sha256 = "0000000000000000000000000000000000000000000000000000000000000000"

[android.delegates.qnn]                  # lies on the phone; for android:backend=delegate,delegate=qnn
path = "/data/local/tmp/qnn/libQnnTFLiteDelegate.so"
options = {{ backend_type = "htp" }}

[targets]
folder = "/etc/tflite-ui/targets"        # targets of your own, see adding-a-target.md
```

A delegate is code that runs with the rights of the app's jobs: list only libraries that you trust. No user of
the app can name a path. A library that can't be loaded, hangs or crashes costs its own jobs:
each is tried in a process of its own when the app asks what can be used here.
"""


def _section(target: Target) -> str:
    return f"""## `{target.key}`: {target.title}

{target.summary}

- What it proves: {target.proof}
- Not tested by us: {target.untested}
"""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
