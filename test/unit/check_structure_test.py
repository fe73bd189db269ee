#!/usr/bin/env python3
# SPDX-License-Identifier: BSD-3-Clause
"""Each test gives tools/check-structure a small tree with one fault, built by the C compiler."""
import inspect
import json
import os
import shutil
import subprocess
import sys
import tempfile

TOOL = os.path.realpath(os.path.join(os.path.dirname(__file__), "../../tools/check-structure"))


def check(files, listed="", unbuilt=()):
    """Runs the tool on these files. Returns its exit code, and what it printed."""
    with tempfile.TemporaryDirectory() as root:
        build = os.path.join(root, "build")
        os.mkdir(build)
        commands = []
        for name, text in {**files, "tools/structure.list": listed}.items():
            path = os.path.join(root, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "w", encoding="utf-8") as f:
                f.write(text)
        for name in files:
            if name.endswith(".c") and name not in unbuilt:
                made = os.path.join(build, name + ".o")
                os.makedirs(os.path.dirname(made), exist_ok=True)
                command = ["cc", "-O2", "-g", "-I", os.path.join(root, "lib"), "-I", os.path.join(root, "app")]
                subprocess.run([*command, "-c", os.path.join(root, name), "-o", made], check=True)
                commands.append({"directory": build, "file": "../" + name, "output": name + ".o"})
        with open(os.path.join(build, "compile_commands.json"), "w", encoding="utf-8") as f:
            json.dump(commands, f)
        tool = shutil.copy(TOOL, os.path.join(root, "tools"))
        run = subprocess.run([tool], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
        return run.returncode, run.stdout.splitlines()


def equal(got, code, *lines):
    assert got == (code, list(lines)), f"got {got[0]}:\n" + "\n".join(got[1])


# Three files one below the other, in two libraries and a program.
GOOD = {
    "lib/low/low.h": "int low(void);\n",
    "lib/low/low.c": '#include "low/low.h"\nint low(void) { return 1; }\n',
    "lib/high/high.h": '#include "low/low.h"\nint high(void);\n',
    "lib/high/high.c": '#include "high/high.h"\nint high(void) { return low(); }\n',
    "app/one/main.c": '#include "high/high.h"\nint main(void) { return high(); }\n',
}
# b calls back into a.
CIRCLE = {
    "lib/ring/a.c": "int b(void);\nint a(void) { return b(); }\n",
    "lib/ring/b.c": "int a(void);\nstatic __attribute__((noinline)) int inner(void) { return a() + 1; }\n"
    "int b(void) { return inner() + 1; }\n",
}


def without_fault():
    equal(check(GOOD), 0, "5 files, 2 libraries, no cycles outside the list of 0 exceptions")


def two_files_that_call_each_other():
    equal(
        check({**GOOD, **CIRCLE}),
        1,
        "FAILED lib/ring: 2 files refer to each other in a circle",
        "    a.c: a -> b.c: b",
        "    b.c: inner -> a.c: a",
        "faults: 1",
    )


def a_circle_through_a_table_of_functions():
    files = {
        "lib/ring/a.c": "int b(void);\nint a(void) { return b(); }\n",
        "lib/ring/b.c": "extern int (*const table[1])(void);\nint b(void) { return table[0](); }\n",
        "lib/ring/c.c": "int a(void);\nint (*const table[1])(void) = {a};\n",
    }
    equal(
        check(files),
        1,
        "FAILED lib/ring: 3 files refer to each other in a circle",
        "    a.c: a -> b.c: b",
        "    b.c: b -> c.c: table",
        "    c.c: table -> a.c: a",
        "faults: 1",
    )


def each_circle_is_printed():
    files = {
        **CIRCLE,
        "lib/ring/c.c": "int a(void), d(void);\nint c(void) { return a() + d(); }\n",
        "lib/ring/d.c": "int c(void);\nint d(void) { return c(); }\n",
        "app/one/main.c": "int other(void);\nint ours(void) { return 1; }\nint main(void) { return other(); }\n",
        "app/one/other.c": "int ours(void);\nint other(void) { return ours(); }\n",
    }
    code, lines = check(files)
    assert code == 1 and [l for l in lines if l.startswith("FAILED")] == [
        "FAILED app/one: 2 files refer to each other in a circle",
        "FAILED lib/ring: 2 files refer to each other in a circle",
        "FAILED lib/ring: 2 files refer to each other in a circle",
    ], lines
    assert "    c.c: c -> d.c: d" in lines and "    a.c: a -> b.c: b" in lines, lines


def programs_that_have_functions_of_the_same_name():
    files = {
        "app/one/main.c": "int help(void), work(void);\nint main(void) { return help() + work(); }\n",
        "app/one/work.c": "int work(void) { return 1; }\nint help(void) { return 1; }\n",
        "app/two/main.c": "int help(void) { return 1; }\nint work(void);\nint main(void) { return work(); }\n",
        "app/two/work.c": "int help(void);\nint work(void) { return help(); }\n",
    }
    equal(
        check(files),
        1,
        "FAILED app/two: 2 files refer to each other in a circle",
        "    main.c: main -> work.c: work",
        "    work.c: work -> main.c: help",
        "faults: 1",
    )


def headers_that_include_each_other():
    files = {
        "lib/ring/a.h": '#pragma once\n#include "ring/b.h"\n',
        "lib/ring/b.h": '#pragma once\n#include "ring/a.h"\n/*\n#include "ring/c.h"\n*/\n',
        "lib/ring/c.h": '#pragma once\n#include "b.h"\n',
    }
    equal(
        check(files),
        1,
        "FAILED lib/ring: 2 files include each other in a circle",
        "    a.h includes b.h",
        "    b.h includes a.h",
        "faults: 1",
    )


def libraries_that_call_each_other():
    files = {**GOOD, "lib/low/back.c": "int high(void);\nint back(void) { return high(); }\n"}
    equal(
        check(files),
        1,
        "FAILED lib/high -> lib/low -> lib/high: libraries need each other in a circle",
        "    lib/high/high.c: high -> lib/low/low.c: low",
        "    lib/low/back.c: back -> lib/high/high.c: high",
        "faults: 1",
    )


def a_library_that_includes_one_above_it():
    files = {**GOOD, "lib/low/back.c": '#include "high/high.h"\n'}
    equal(
        check(files),
        1,
        "FAILED lib/high -> lib/low -> lib/high: libraries need each other in a circle",
        "    lib/high/high.c: high -> lib/low/low.c: low",
        "    lib/low/back.c includes lib/high/high.h",
        "faults: 1",
    )


def a_library_that_includes_a_program():
    files = {**GOOD, "app/one/one.h": "", "lib/low/up.c": '#include "one/one.h"\n#include "../../app/one/one.h"\n'}
    equal(
        check(files),
        1,
        "FAILED lib/ needs app/: lib/low/up.c includes app/one/one.h",
        "FAILED lib/ needs app/: lib/low/up.c includes app/one/one.h",
        "faults: 2",
    )


def a_library_that_calls_a_program():
    files = {
        **GOOD,
        "lib/low/up.c": "int helper(void);\nint up(void) { return helper(); }\n",
        "app/one/helper.c": "int helper(void) { return 1; }\n",
    }
    equal(
        check(files),
        1,
        "FAILED lib/ needs app/: lib/low/up.c: up -> app/one/helper.c: helper",
        "faults: 1",
    )


PRIVATE = {
    **GOOD,
    "lib/low/inside.h": "",
    "lib/high/peep.c": '#include "low/inside.h"\n',
    "app/one/peep.c": '#include "../../lib/low/inside.h"\n',
    "test/unit/peep.c": '#include "low/inside.h"\n',
}


def a_private_header_used_from_elsewhere():
    how = "if others are to use it, name it in tools/structure.list"
    equal(
        check(PRIVATE),
        1,
        f"FAILED private header: app/one/peep.c includes lib/low/inside.h; {how}",
        f"FAILED private header: lib/high/peep.c includes lib/low/inside.h; {how}",
        "faults: 2",
    )


def a_header_on_the_list_is_public():
    equal(
        check(PRIVATE, "public lib/low/inside.h # why\n"),
        0,
        "8 files, 2 libraries, no cycles outside the list of 0 exceptions",
    )


def a_public_header_without_users_leaves_the_list():
    equal(
        check(GOOD, "# headers\npublic lib/low/inside.h\n"),
        1,
        "FAILED tools/structure.list:2: no other folder includes lib/low/inside.h: remove this line",
        "faults: 1",
    )


def a_circle_on_the_list_passes():
    equal(
        check(CIRCLE, "circle lib/ring/b.c lib/ring/a.c a\n"),
        0,
        "2 files, 1 libraries, no cycles outside the list of 1 exceptions",
    )


def another_call_between_files_on_the_list_fails():
    files = {
        "lib/ring/a.c": CIRCLE["lib/ring/a.c"] + "int a2(void) { return 1; }\n",
        "lib/ring/b.c": CIRCLE["lib/ring/b.c"] + "int a2(void);\nint b2(void) { return a2(); }\n",
    }
    equal(
        check(files, "circle lib/ring/b.c lib/ring/a.c a\n"),
        1,
        "FAILED lib/ring: 2 files refer to each other in a circle",
        "    a.c: a -> b.c: b",
        "    b.c: b2 -> a.c: a2",
        "faults: 1",
    )


def a_reference_that_is_gone_leaves_the_list():
    equal(
        check(GOOD, "circle lib/high/high.c lib/high/low.c low\n"),
        1,
        "FAILED tools/structure.list:1: lib/high/high.c does not refer to low of lib/high/low.c: remove this line",
        "faults: 1",
    )


def a_circle_that_is_open_leaves_the_list():
    files = {**CIRCLE, "lib/ring/a.c": "int a(void) { return 1; }\n"}
    equal(
        check(files, "circle lib/ring/b.c lib/ring/a.c a\n"),
        1,
        "FAILED tools/structure.list:1: this reference closes no circle: remove this line",
        "faults: 1",
    )


WRITER = {
    "lib/own/own.h": "struct thing { int state, states; };\n",
    "lib/own/own.c": '#include "own.h"\nvoid set(struct thing *t) { t->state = 1; }\n',
}


def written_by(text):
    return check({**WRITER, "lib/own/other.c": '#include "own.h"\n' + text}, "writer lib/own thing.state lib/own/own.c\n")


def a_member_that_one_file_alone_writes():
    for text in (
        "void f(struct thing *t) { t->state = 2; }\n",
        "void f(struct thing *t) { t[0].state |= 2; }\n",
        "void f(struct thing *t) { t->state++; }\n",
        "struct thing f(void) { return (struct thing){.states = 1, .state = 2}; }\n",
    ):
        equal(
            written_by(text),
            1,
            "FAILED lib/own/other.c:2: assigns thing.state; lib/own/own.c alone may",
            "faults: 1",
        )


def a_member_that_others_read():
    text = (
        "struct other { int state; };\n/* t->state = 2 */\n"
        "struct other f(struct thing *t) { t->states = 1; return (struct other){.state = t->state == 2}; }\n"
    )
    equal(written_by(text), 0, "3 files, 1 libraries, no cycles outside the list of 0 exceptions")


def a_writer_that_does_not_exist():
    code, lines = check(GOOD, "writer lib/own thing.state lib/own/own.c\n")
    assert code == 1 and lines[0] == "FAILED tools/structure.list:1: lib/own/own.c does not exist", lines


def a_source_that_is_not_built():
    equal(
        check({**GOOD, "lib/low/lost.c": ""}, unbuilt=["lib/low/lost.c"]),
        2,
        "check-structure: lib/low/lost.c: not in build: name it in a meson.build, or delete it",
    )


def a_line_that_cannot_be_read():
    equal(
        check(GOOD, "public\n"),
        2,
        "check-structure: tools/structure.list:1: expected: public HEADER, circle FILE FILE SYMBOL, "
        "or writer FOLDER MEMBER FILE",
    )


def main():
    passed = failed = 0
    helpers = (check, equal, written_by, main)
    for name, test in list(globals().items()):
        if not inspect.isfunction(test) or test in helpers:
            continue
        try:
            test()
            passed += 1
        except AssertionError as e:
            failed += 1
            print(f"FAIL check-structure: {name}: {e}")
    print(f"check-structure: {passed} passed, {failed} failed")
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
