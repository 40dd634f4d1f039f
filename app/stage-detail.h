/* stage-detail.h - what a compile did in each of its stages, in words. */
#pragma once

#include "anf.h"
#include "stage.h"

G_BEGIN_DECLS

/* Gives the stages of a compile their details: findings, rewrites, weights and segments that were
 * there already. Stages of other names are left alone. */
void studio_stages_describe (GListModel *stages, const AnfProgram *program);

G_END_DECLS
