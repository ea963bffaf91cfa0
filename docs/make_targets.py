"""``docs/targets.md``, made from the registry: ``python -m docs.make_targets``."""

from __future__ import annotations

from pathlib import Path

from tflite_ui.analysis.truth import VERDICTS
from tflite_ui.core.target import Target
from tflite_ui.targets import targets

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

## Settings

`TFLITE_UI_SETTINGS` names a file in TOML (without it, `settings.toml` in your configuration folder):

```toml
[delegates.coral]                        # for external_delegate:delegate=coral
path = "/usr/lib/libedgetpu.so.1"
options = {{ device = "usb" }}             # given to the library as they are
devices = ["/dev/bus/usb"]               # device files and folders it uses
reads = ["/opt/vendor"]                  # what else it reads

[targets]
folder = "/etc/tflite-ui/targets"        # targets of your own, see adding-a-target.md
```

A delegate is code that runs with the rights of the app's jobs: list only libraries that you trust. No user of
the app can name a path. A library that can't be loaded, hangs or crashes costs its own jobs.
"""


def _section(target: Target) -> str:
    return f"""## `{target.key}`: {target.title}

{target.summary}

- What it proves: {target.proof}
- Not tested by us: {target.untested}
"""


if __name__ == "__main__":
    PAGE.write_text(page(), "utf-8")
