#!/bin/sh
# The rules of the house that a machine can check: doors, lengths, operators by name, threads.
# Runs from anywhere; prints one line per violation and their number.
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C
export LC_ALL
found=$(mktemp) || exit 1
trap 'rm -f "$found"' EXIT

sources () { find "$@" -name '*.[ch]' 2>/dev/null | sort; }
# complain WORDS: every line of the standard input is a violation.
complain () { sed "s|\$|: $1|" >>"$found"; }

# Length: a function is at most 60 lines, a file 700, a line 100 columns (characters, not bytes).
sources engine ui app tests | xargs awk '
  FNR == 1 { if (NR > 1) file_end(); name = FILENAME; start = 0 }
  { lines = FNR; text = $0; gsub(/[\200-\277]/, "", text) }
  length(text) > 100 { print name ":" FNR ": is " length(text) " columns, not 100 at most" }
  /\t/ { print name ":" FNR ": has a tab" }
  /[ \t]$/ { print name ":" FNR ": ends in a space" }
  /^{/ { start = FNR }
  /^}/ {
    if (start && /^}$/ && FNR - start > 61)
      print name ":" start ": a function of " FNR - start - 1 " lines, not 60 at most"
    start = 0
  }
  function file_end() { if (lines > 700) print name ":1: has " lines " lines, not 700 at most" }
  END { if (NR) file_end() }' >>"$found"

# Rooms of the engine stand in a row: each may use those before it, none after.
rooms='num core chip mil ops block pass weight run train io'
for room in $rooms; do
  [ -d "engine/$room" ] || continue
  for later in ${rooms##*$room}; do
    sources "engine/$room" | xargs -r grep -nH "#include \"$later/" |
      complain "engine/$room may not use engine/$later"
  done
done
for folder in engine/*/; do
  [ -d "$folder" ] || continue
  case " include $rooms " in
    *" $(basename "$folder") "*) ;;
    *) echo "$folder" | complain "no room of that name is in the row" ;;
  esac
done
sources engine | xargs -r grep -nHE '#include <(gtk|gdk|gsk|graphene|pango|cairo|X11)[/.-]' |
  complain 'the engine knows no screen'

# doors FOLDER SYSTEM-HEADERS FOLDERS: files of FOLDER may include anf.h and its parts, headers
# beside them and those of FOLDERS by quote; in angle brackets plain C and what SYSTEM-HEADERS matches.
doors ()
{
  folder=$1 system=$2
  shift 2
  for file in $(sources "$folder"); do
    case $folder in
      ui) case $file in ui/scene/*) continue ;; esac ;;
      app) case $file in app/cli/*) continue ;; esac ;;
    esac
    grep -nE '#include <[^>]*/' "$file" | grep -vE "#include <($system)[/-]" |
      sed "s|^|$file:|" | complain "$folder may not use that library"
    sed -n 's/^#include "\(.*\)".*/\1/p' "$file" | while read -r header; do
      case $header in
        anf.h | anf-*.h | *-resources.h) continue ;;
        *..*) echo "$file: $header" | complain 'a path that goes up' ; continue ;;
      esac
      for place in "$(dirname "$file")" "$@"; do
        [ -e "$place/$header" ] && continue 2
      done
      echo "$file: $header" | complain "$folder may not use that header"
    done
  done
}
plain='glib|gio|gobject|sys'
doors ui/scene "$plain|cairo|pango|gdk-pixbuf" ui/scene
doors ui "$plain|cairo|pango|gtk|gdk|gsk|graphene|gdk-pixbuf" ui ui/scene
doors app "$plain|cairo|pango|gtk|gdk|gsk|graphene|gdk-pixbuf" app ui ui/scene
doors app/cli "$plain|json|gdk-pixbuf" app/cli ui/scene

# Only the operator table may single out an operator by its name: anything else is a column there.
ops=$(sed -n 's/^ *{ *\.name = "\([a-z0-9_]*\)".*/\1/p' engine/ops/*.c 2>/dev/null |
  sort -u | paste -s -d '|')
call='(strn?cmp|g_strcmp0|g_str_equal|str_equal|g_ascii_str(n?case)?cmp) *\('
literal="\"(${ops:-conv})\""
named='([^>.A-Za-z0-9_]op|\b(op_name|op->name|anf_(node_)?op_name \([^)]*\))) *'
sources engine ui app | grep -v '^engine/ops/' |
  xargs -r grep -nHE "$call[^;]*$named,[^;]*$literal|$call$literal,[^;]*$named\)" |
  complain 'an operator is singled out by name outside engine/ops'

# Two lanes of work for the document, and one file for what a panel asks itself.
sources engine ui app | grep -vE '^(app/(checker|worker)|ui/lane)\.c$' |
  xargs -r grep -nH 'g_task_run_in_thread' |
  complain 'only checker.c, worker.c and lane.c start threads'

# Whatever is shown can be translated: the files with words are in po/POTFILES, and only those.
{
  sources ui app | grep '\.c$' |
    xargs -r grep -lE '(^|[^A-Za-z0-9_])(_|N_|C_|NC_|ngettext|g_dngettext|g_dpgettext2) *\('
  find ui app -name '*.ui' -exec grep -l 'translatable="yes"' {} +
} 2>/dev/null | while read -r file; do
  grep -qxF "$file" po/POTFILES 2>/dev/null || echo "$file" | complain 'is not in po/POTFILES'
done
grep -v '^#' po/POTFILES 2>/dev/null | while read -r file; do
  [ -e "$file" ] || echo "po/POTFILES: $file" | complain 'there is no such file'
done

sort -u "$found"
echo "house: $(sort -u "$found" | grep -c .) violations"
[ ! -s "$found" ]
