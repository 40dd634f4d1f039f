#!/bin/sh
# The house rules catch what they are for: each case plants one violation in an otherwise clean tree.
here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd -P) || exit 1
tree=$(mktemp -d) || exit 1
trap 'rm -rf "$tree"' EXIT
number=0
bad=0

plant_nothing ()
{
  rm -rf "${tree:?}"/*
  mkdir -p "$tree/engine/core" "$tree/engine/ops" "$tree/engine/run" "$tree/engine/include" \
    "$tree/ui/scene" "$tree/app/cli" "$tree/tests"
  cp "$here/house.sh" "$tree/tests"
  touch "$tree/engine/include/anf.h" "$tree/ui/canvas.h" "$tree/ui/scene/scene.h" \
    "$tree/app/document.h"
  printf '#include "anf.h"\n#include "scene.h"\n#include <gtk/gtk.h>\n' >"$tree/ui/canvas.c"
  printf '#include "anf.h"\n#include "scene.h"\n#include <math.h>\n' >"$tree/app/cli/run.c"
  printf '#include "core/graph.h"\n' >"$tree/engine/run/run.c"
  printf '  { .name = "conv", .title = "Convolution" },\n' >"$tree/engine/ops/conv.c"
}

# check NAME EXPECTED: the number of violations that house.sh counts.
check ()
{
  number=$((number + 1))
  out=$(sh "$tree/tests/house.sh")
  status=$?
  if [ "${out##*house: }" = "$2 violations" ] && [ $((status != 0)) = $(($2 != 0)) ]; then
    echo "ok $number $1"
  else
    echo "not ok $number $1"
    echo "$out" | sed 's/^/# /'
    bad=1
  fi
  plant_nothing
}

# lines N: that many lines of code.
lines () { yes '  x ();' | head -n "$1"; }

echo 1..17
plant_nothing
check 'a clean tree has no violation' 0
{ printf 'void\nf (void)\n{\n'; lines 60; echo '}'; } >"$tree/ui/long.c"
check 'sixty lines are a function' 0
{ printf 'void\nf (void)\n{\n'; lines 61; echo '}'; } >"$tree/ui/long.c"
check 'sixty-one are too many' 1
{ printf 'static const int t[] =\n{\n'; lines 80; echo '};'; } >"$tree/ui/table.c"
check 'a table is no function' 0
lines 701 >"$tree/ui/long.c"
check 'a file has 700 lines at most' 1
printf '%0101d\n' 0 >"$tree/engine/core/wide.c"
check 'a line has 100 columns at most' 1
printf '/* %s */\n' "$(printf '×%.0s' $(seq 94))" >"$tree/engine/core/wide.c"
check 'columns are characters' 0
printf '#include "run/program.h"\n' >"$tree/engine/core/late.c"
check 'a room does not use a later one' 1
printf '#include <gtk/gtk.h>\n' >"$tree/engine/core/screen.c"
check 'the engine has no screen' 1
printf '#include "core/graph.h"\n' >"$tree/ui/inside.c"
check 'ui does not see the inside of the engine' 1
printf '#include "document.h"\n' >"$tree/ui/inside.c"
check 'ui does not see app' 1
printf '#include <gtk/gtk.h>\n' >"$tree/ui/scene/draw.c"
check 'the scene has no GTK' 1
printf '#include "canvas.h"\n' >"$tree/app/cli/see.c"
check 'the command line sees no widgets' 1
printf '  if (g_str_equal (anf_node_op_name (node), "conv"))\n' >"$tree/ui/odd.c"
check 'no operator is singled out by name' 1
printf '  g_task_run_in_thread (task, work);\n' >"$tree/app/third.c"
check 'there is no third lane' 1
echo '<property translatable="yes">Run</property>' >"$tree/ui/bar.ui"
check 'what is shown is in POTFILES' 1
mkdir "$tree/po"
echo ui/gone.c >"$tree/po/POTFILES"
check 'POTFILES names files that exist' 1
exit $bad
