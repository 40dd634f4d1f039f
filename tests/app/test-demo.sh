#!/bin/sh
# test-demo.sh PROGRAM EXAMPLES - the window that opens, runs and photographs itself.
set -u
program=$1
examples=$2
scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
picture=$scratch/window.png
number=0

# check NAME COMMAND... : one line of TAP.
check ()
{
  name=$1
  shift
  number=$((number + 1))
  if "$@"; then echo "ok $number $name"; else echo "not ok $number $name"; fi
}
# demo FILE: output in $scratch/out, complaints in $scratch/err, exit status in $status.
demo ()
{
  "$program" --demo "$picture" "$@" >"$scratch/out" 2>"$scratch/err"
  status=$?
}
is () { [ "$1" = "$2" ]; }
says () { grep -q -e "$2" "$scratch/$1"; }
one_line () { [ "$(wc -l <"$scratch/err")" = 1 ]; }
# The header of a PNG holds the size of the picture, big endian, from byte 16 on.
png_size () { od -A n -t u1 -j 16 -N 8 "$1" | awk '{ print $3 * 256 + $4 "x" $7 * 256 + $8 }'; }

echo 1..14
demo "$examples/mnist-cnn.anf"
check good-document-exits-with-0 is "$status" 0
check picture-shows-the-whole-window is "$(png_size "$picture")" 1440x900
check segments-are-printed-with-their-times says out '^s0 *fused *10 *[0-9.]* [nµm]*s'
check bridge-is-printed says out '^b1 *bridge *1 '
check basis-of-the-times-is-said says out '“cpu”, 50 runs'
check weights-are-printed-with-their-encoding says out '^fc1 *weight *int8 '
check gates-are-printed-with-their-verdict says out '^logits *top1 .*holds *(1000 samples)'

rm -f "$picture"
demo "$examples/shape-error.anf"
check refused-document-exits-with-1 is "$status" 1
check finding-is-printed says out '^error SHP103 c2: '
check window-with-the-finding-is-pictured test -s "$picture"

echo '{ "aneforge": 1, "nodes": [' >"$scratch/damaged.anf"
demo "$scratch/damaged.anf"
check damaged-document-is-no-success test "$status" != 0
check damaged-document-is-one-line one_line
check line-names-the-file says err 'damaged.anf'

demo
check no-document-is-a-wrong-command-line is "$status" 2
