"""docs/examples/hierarchy: the workflow over a real tree, as `make example-workflow` runs it."""

import os
import subprocess
import sys

from support.stubs import REPOSITORY

EXAMPLE = REPOSITORY / "docs" / "examples" / "hierarchy" / "refresh.py"


def make_tree(root):
    for region in ("north", "south", "west"):
        for city in range(4):
            for district in range(4):
                folder = root / region / f"city {city}" / f"district {district}"
                folder.mkdir(parents=True)
                for file in range(3):
                    (folder / f"file {file}").write_text(f"{region} {city} {district} {file}\n")
    (root / "north" / "city 0" / "district 0" / "link").symlink_to("/etc/passwd")


def refresh(*arguments):
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY / "clients" / "python" / "src")}
    return subprocess.run(
        [sys.executable, EXAMPLE, *map(str, arguments), "--binaries",
         os.environ["MARTLET_BIN_DIR"]],
        env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=120)


def test_the_hierarchy_is_refreshed_over_failures_a_kill_and_a_retry(tmp_path):
    make_tree(tmp_path)
    for _ in range(3):
        done = refresh(tmp_path)
        assert done.returncode == 0, done.stdout + done.stderr
        # On a busy machine the workflow may have ended before it is seen half done.
        if "the server was killed" in done.stdout:
            break
    assert "207 tasks, 25 of them broken" in done.stdout
    assert "the server was killed" in done.stdout
    # A city takes its 16 places with it, and each district its three files.
    assert "right: what the first try came to" in done.stdout
    assert "right: tasks that succeeded exactly once: 207" in done.stdout


def test_a_tree_without_files_is_refused(tmp_path):
    done = refresh(tmp_path)
    assert done.returncode != 0 and "has no files three folders down" in done.stderr
