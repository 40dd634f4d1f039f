/* graphs.h - the graphs that the tests of pictures look at. */
#pragma once

#include "scene.h"

AnfId        make_node  (AnfGraphBuilder *b, const char *op, const char *name, double x, double y);
AnfId        make_input (AnfGraphBuilder *b, const char *name, double x, double y);
void         make_wire  (AnfGraphBuilder *b, AnfId from, AnfId to, guint in);
AnfGraph    *make_end   (AnfGraphBuilder *b);
/* in -> r1 -> sum, in -> sum, in -> r2; sum below and to the left of r1, r1 between in and r2. */
AnfGraph    *make_small (AnfId ids[4]);
/* Two rows of relu and a bridge at the end, checked and planned. */
StudioScene *make_cut_scene (AnfId *bridge);
