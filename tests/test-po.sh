#!/bin/sh
# Translations: each language of po/LINGUAS keeps the forms of the words (conversions, plurals,
# mnemonics) and has at least 95 % of those the sources show now; the rest is named. So a word more
# stops no one, a language that is left behind does.
cd "$(dirname "$0")/.." || exit 1
LC_ALL=C
export LC_ALL
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
number=0
bad=0

# point STATUS NAME: what was said goes along, for those who look.
point ()
{
  number=$((number + 1))
  if [ "$1" = 0 ]; then
    echo "ok $number $2"
  else
    echo "not ok $number $2"
    bad=1
  fi
  sed 's/^/# /' "$scratch/said"
}

# The words as the preset of glib, named in po/meson.build, collects them.
template ()
{
  xgettext --from-code=UTF-8 --add-comments --package-name=aneforge-studio --keyword=_ \
    --keyword=N_ --keyword=C_:1c,2 --keyword=NC_:1c,2 --keyword=g_dcgettext:2 \
    --keyword=g_dngettext:2,3 --keyword=g_dpgettext2:2c,3 --flag=N_:1:pass-c-format \
    --flag=C_:2:pass-c-format --flag=NC_:2:pass-c-format --flag=g_dngettext:2:pass-c-format \
    --flag=g_strdup_printf:1:c-format --flag=g_string_printf:2:c-format \
    --flag=g_string_append_printf:2:c-format --files-from="$scratch/files" --output="$1"
}

# count KIND PO: how many entries msgfmt calls so; "translated" alone are those that are used.
count ()
{
  msgfmt --statistics --output-file=/dev/null "$2" 2>&1 |
    sed -n "s/.*\b\([0-9][0-9]*\) $1 [mt].*/\1/p" | grep . || echo 0
}

# complete TEMPLATE PO: whether enough of the words is translated.
complete ()
{
  msgmerge --quiet --no-fuzzy-matching --no-wrap --output-file="$scratch/merged" "$2" "$1" ||
    return
  all=$(count untranslated "$1")
  have=$(count translated "$scratch/merged")
  [ "$all" -gt 0 ] || { echo 'the sources have no words'; return 1; }
  echo "$have of $all words"
  msgattrib --untranslated --no-wrap "$scratch/merged" |
    sed -n 's/^msgid \(".\)/not translated: \1/p'
  [ $((have * 100)) -ge $((all * 95)) ]
}

grep -v '^#' po/POTFILES >"$scratch/files"
languages=$(grep -v '^#' po/LINGUAS)
echo "1..$((1 + 2 * $(echo $languages | wc -w)))"
template "$scratch/template" >"$scratch/log" 2>&1
status=$?
grep ': error: \|not a valid' "$scratch/log" >"$scratch/said" && status=1
point "$status" 'all words can be collected, and no format is torn by a macro'
for language in $languages; do
  msgfmt --check --check-accelerators=_ --output-file=/dev/null "po/$language.po" \
    >"$scratch/said" 2>&1
  point $? "$language: every translation has the form of its word"
  complete "$scratch/template" "po/$language.po" >"$scratch/said" 2>&1
  point $? "$language: at least 95 % is translated"
done
exit "$bad"
