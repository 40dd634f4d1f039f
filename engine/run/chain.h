/* chain.h - rows that follow another block by block: a value is used while the cache has it. */
#pragma once

#include "core/op.h"

/* Of the @n calls of one segment, bound to memory and in the order they run: how many after call
 * @head may run on each piece of its result as soon as that is final. All of them are pointwise and
 * have as many elements in the same order, and none writes over what another piece still needs. */
guint anf_chain_length (AnfCall *const *calls, guint n, guint head, const guint32 *turned);
