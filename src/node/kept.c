// SPDX-License-Identifier: MIT OR Apache-2.0
// What stands beside the chain, book and indexes: made with it from the first block on, and kept
// with its snapshots, so that a start goes on from there. Their files are in DIR/index.
#include <elf.h>
#include <link.h>
#include <stdio.h>

#include "node/internal.h"

// ---- the build ----------------------------------------------------------------------------------
// What is kept are this program's own structures, as they lie in memory. Whether another build of
// it has the same nobody can tell from outside: so it is this very build's, by the id that its
// linker gave it, or nobody's.

enum { ID_MAX = 64 };
typedef struct build {
    uint8_t id[ID_MAX];
    size_t size; // 0: it has none
} build;

// Looks through a segment of notes.
static bool find_id(build *b, const uint8_t *at, size_t size) {
    while (size >= sizeof(ElfW(Nhdr))) {
        ElfW(Nhdr) note;
        memcpy(&note, at, sizeof note);
        size_t name = sizeof note, id = name + (note.n_namesz + (size_t)3) / 4 * 4,
               end = id + (note.n_descsz + (size_t)3) / 4 * 4;
        if (end > size) return false;
        if (note.n_type == NT_GNU_BUILD_ID && note.n_namesz == 4 &&
            memcmp(at + name, "GNU", 4) == 0 && note.n_descsz <= ID_MAX) {
            b->size = note.n_descsz;
            memcpy(b->id, at + id, b->size);
            return true;
        }
        at += end;
        size -= end;
    }
    return false;
}

static int look(struct dl_phdr_info *info, size_t size, void *ctx) {
    (void)size;
    for (size_t i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *p = &info->dlpi_phdr[i];
        if (p->p_type == PT_NOTE &&
            find_id(ctx, (const uint8_t *)(info->dlpi_addr + p->p_vaddr), p->p_memsz))
            return 1;
    }
    return 1; // the program itself comes first; libraries do not count
}

static build this_build(void) {
    build b = {.size = 0};
    dl_iterate_phdr(look, &b);
    return b;
}

// ---- beginning ----------------------------------------------------------------------------------

static void folder_of(char out[PP_PATH_MAX], const pp_node *node) {
    snprintf(out, PP_PATH_MAX, "%.*s/index", PP_PATH_MAX - 32, node->options.dir);
}

// The folder of a lane's index, made where it is not there.
static bool lane_folder(pp_err *err, char out[PP_PATH_MAX], const pp_node *node, uint64_t lane) {
    char dir[PP_PATH_MAX];
    folder_of(dir, node);
    snprintf(out, PP_PATH_MAX, "%.*s/%llu", PP_PATH_MAX - 24, dir, (unsigned long long)lane);
    return pp_folder_make(err, out, 0700);
}

// Where the chain stands, that is behind.
static void ready(pp_node *node, const pp_chain *chain) {
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    node->seen = info.height;
    pp_node_price(node);
}

// Without what was kept: as genesis leaves the chain, or the snapshot that a pruned log begins
// with.
static bool begin(pp_err *err, pp_node *node, pp_chain *chain) {
    const pp_genesis *genesis = pp_chain_genesis(chain);
    char dir[PP_PATH_MAX];
    pp_chain_info info;
    folder_of(dir, node);
    pp_chain_info_get(&info, chain);
    if (!pp_folder_make(err, dir, 0700) || !pp_book_new(err, &node->book, chain, dir)) return false;
    for (uint64_t i = 0; i < info.lanes; i++) {
        pp_index *index;
        if (!lane_folder(err, dir, node, i) || !pp_index_new(err, &index, chain, i, dir))
            return false;
        pp_node_add_lane(node, &genesis->rollups[i], index);
    }
    node->from = info.height;
    ready(node, chain);
    return true;
}

static void on_genesis(void *ctx, pp_chain *chain) {
    pp_node *node = ctx;
    if (node->book == NULL && !begin(&node->failed, node, chain))
        PP_ASSERT(node->failed.exit_code != 0);
}

// The lanes that commands of the last block made.
static bool add_born(pp_err *err, pp_node *node, const pp_chain *chain, uint64_t lanes) {
    bool any = node->lanes_len < lanes;
    while (node->lanes_len < lanes) {
        char dir[PP_PATH_MAX];
        pp_index *index;
        uint64_t id = node->lanes_len;
        if (!lane_folder(err, dir, node, id) || !pp_index_new_born(err, &index, chain, id, dir))
            return false;
        pp_node_add_lane(node, &pp_chain_genesis(chain)->rollups[id], index);
    }
    if (any) pp_node_share_pools(node);
    return true;
}

bool pp_node_see(pp_err *err, pp_node *node, const pp_chain_result *result) {
    pp_chain *chain = pp_local_chain(node->local);
    pp_bytes block = pp_local_block(node->local);
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    if (!add_born(err, node, chain, info.lanes)) return false;
    for (size_t i = 0; i < node->lanes_len; i++)
        if (!pp_index_add(err, node->lanes[i].index, chain, block, result)) return false;
    if (!pp_book_add(err, node->book, chain, block, result)) return false;
    ready(node, chain);
    return true;
}

static void on_block(void *ctx, uint64_t height, uint64_t of, const pp_chain_result *result,
                     pp_chain *chain) {
    pp_node *node = ctx;
    (void)height, (void)of, (void)chain;
    node->executed++;
    if (node->failed.exit_code == 0 && !pp_node_see(&node->failed, node, result))
        PP_ASSERT(node->failed.exit_code != 0);
}

// ---- with snapshots -----------------------------------------------------------------------------

// Only whoever makes blocks changes what is saved here: others read it under the lock meanwhile.
static bool on_save(pp_err *err, void *ctx, pp_wire *out) {
    pp_node *node = ctx;
    pp_chain_info info;
    build b = this_build();
    pp_chain_info_get(&info, pp_local_chain(node->local));
    if (node->failed.exit_code != 0 || node->seen != info.height)
        return pp_err_set(err, PP_EXIT_USAGE, "no snapshot: the index is not behind block %llu",
                          (unsigned long long)info.height);
    pp_wire_bytes(out, (pp_bytes){b.id, b.size});
    pp_wire_u64(out, node->from);
    pp_wire_u64(out, node->lanes_len);
    for (size_t i = 0; i < node->lanes_len; i++)
        if (!pp_index_save(err, node->lanes[i].index, out)) return false;
    return pp_book_save(err, node->book, out);
}

static bool load(pp_err *err, pp_node *node, pp_chain *chain, pp_bytes saved) {
    char dir[PP_PATH_MAX];
    build b = this_build();
    pp_chain_info info;
    pp_reader r = pp_reader_of(saved);
    pp_bytes id = pp_read_bytes(&r);
    if (b.size == 0 || id.size != b.size || memcmp(id.data, b.id, b.size) != 0)
        return pp_err_set(err, PP_EXIT_NO, "another build of this program made its index");
    node->from = pp_read_u64(&r);
    if (node->from != pp_local_base(node->local, NULL))
        return pp_err_set(err, PP_EXIT_NO, "its index reaches back to before the log was pruned");
    pp_chain_info_get(&info, chain);
    if (pp_read_u64(&r) != info.lanes)
        return pp_err_set(err, PP_EXIT_NO, "its index is of other rollups");
    for (uint64_t i = 0; i < info.lanes; i++) {
        pp_index *index;
        if (!lane_folder(err, dir, node, i) || !pp_index_load(err, &index, chain, i, dir, &r))
            return false;
        pp_node_add_lane(node, &pp_chain_genesis(chain)->rollups[i], index);
    }
    folder_of(dir, node);
    if (!pp_book_load(err, &node->book, chain, dir, &r)) return false;
    if (!pp_read_done(&r)) return pp_err_set(err, PP_EXIT_NO, "more is in it than was saved");
    ready(node, chain);
    return true;
}

static bool on_load(pp_err *err, void *ctx, pp_chain *chain, pp_bytes saved) {
    pp_node *node = ctx;
    pp_chain_info info;
    pp_chain_info_get(&info, chain);
    if (saved.size == 0) // the index begins where the log does
        return info.height == pp_local_base(node->local, NULL) ||
               pp_err_set(err, PP_EXIT_NO, "no index was saved with it");
    if (load(err, node, chain, saved)) return true;
    pp_book_free(node->book);
    pp_node_drop_lanes(node);
    node->book = NULL;
    return false;
}

static void on_note(void *ctx, const char *text) {
    pp_note(((pp_node *)ctx)->options.log, "snapshot", "why=\"%s\"", text);
}

void pp_node_watch(pp_local_watch *out, pp_node *node) {
    *out = (pp_local_watch){.ctx = node,
                            .on_genesis = on_genesis,
                            .on_block = on_block,
                            .on_save = on_save,
                            .on_load = on_load,
                            .on_note = on_note};
}
