// SPDX-License-Identifier: MIT OR Apache-2.0
// The tree against its definition, written a second time below without any of the code under test.
#include <stdlib.h>

#include "base/test.h"
#include "state/store.h"

// --- the definition, slowly ---

typedef struct item {
    pp_address address;
    pp_account account;
} item;

static bool bit_of(const uint8_t *bytes, size_t size, size_t i) {
    return i / 8 < size && (bytes[i / 8] >> (i % 8) & 1);
}

static void packed(pp_digest *out, const uint8_t *bytes, size_t size, uint32_t tag) {
    pp_digest half[2];
    for (size_t e = 0; e < 18; e++) {
        uint32_t v = 0;
        for (size_t b = 0; b < 27; b++) v |= (uint32_t)bit_of(bytes, size, 27 * e + b) << b;
        half[e / 9].e[e % 9] = pp_fp_from_u32(v);
    }
    pp_hash_node(out, &half[0], &half[1], tag);
}

static unsigned slow_bit(const item *it, unsigned depth) {
    pp_digest d;
    packed(&d, it->address.b, 20, PP_TAG_STATE_KEY);
    return pp_fp_to_u32(d.e[depth / 24]) >> (23 - depth % 24) & 1;
}

static void slow_root(pp_digest *out, const item *items, size_t len, unsigned depth) {
    memset(out, 0, sizeof *out);
    if (len == 0) return;
    if (len == 1) {
        uint8_t bytes[60];
        memcpy(bytes, items->address.b, 20);
        pp_store_le64(bytes + 20, items->account.nonce);
        for (int i = 0; i < 4; i++) pp_store_le64(bytes + 28 + 8 * i, items->account.balance.v[i]);
        packed(out, bytes, sizeof bytes, PP_TAG_STATE_LEAF);
        return;
    }
    item *side = calloc(2 * len, sizeof *side);
    PP_ASSERT(side);
    size_t n[2] = {0, 0};
    for (size_t i = 0; i < len; i++) {
        unsigned b = slow_bit(&items[i], depth);
        side[b * len + n[b]++] = items[i];
    }
    pp_digest d[2];
    slow_root(&d[0], side, n[0], depth + 1);
    slow_root(&d[1], side + len, n[1], depth + 1);
    pp_hash_node(out, &d[0], &d[1], PP_TAG_STATE);
    free(side);
}

// --- helpers ---

static pp_rng rng_of(uint64_t salt) {
    return (pp_rng){pp_test_seed() ^ salt};
}

static item random_item(pp_rng *rng) {
    item it;
    pp_rng_fill(rng, &it.address, sizeof it.address);
    it.account.nonce = pp_rng_u64(rng) >> pp_rng_below(rng, 64);
    for (int i = 0; i < 4; i++) it.account.balance.v[i] = pp_rng_u64(rng);
    return it;
}

static pp_store *memory_store(void) {
    pp_err err;
    pp_store *store;
    bool ok = pp_store_open(&err, &store, NULL, PP_STORE_MEMORY);
    PP_ASSERT(ok);
    return store;
}

static void view(pp_store *store, pp_state *s, const pp_digest *root) {
    pp_err err;
    bool ok = pp_store_view(&err, store, s, root);
    PP_ASSERT(ok);
}

static void put(pp_state *s, const item *it) {
    CHECK_EQ(pp_state_put(s, &it->address, &it->account), PP_STATE_OK);
}

static bool holds(pp_state *s, const item *it) {
    pp_account got;
    return pp_state_get(s, &got, &it->address) == PP_STATE_OK && got.nonce == it->account.nonce &&
           pp_u256_cmp(&got.balance, &it->account.balance) == 0;
}

// len random accounts, committed to a store.
static item *fill(pp_store *store, pp_digest *root, pp_rng *rng, size_t len) {
    pp_err err;
    pp_state s;
    item *items = malloc(len * sizeof *items);
    PP_ASSERT(items);
    pp_state_empty_root(root);
    view(store, &s, root);
    for (size_t i = 0; i < len; i++) {
        items[i] = random_item(rng);
        put(&s, &items[i]);
    }
    CHECK(pp_store_commit(&err, store, &s, root));
    pp_state_close(&s);
    return items;
}

static uint8_t *proof_of(const pp_state *s, size_t *size) {
    *size = pp_state_proof(s, NULL, 0);
    uint8_t *proof = malloc(*size);
    PP_ASSERT(proof);
    CHECK_EQ(pp_state_proof(s, proof, *size), *size);
    return proof;
}

static void *heap_resize(void *ctx, void *old, size_t old_size, size_t new_size) {
    (void)ctx, (void)old_size;
    if (new_size) return realloc(old, new_size);
    free(old);
    return NULL;
}
static const pp_state_source no_source = {.resize = heap_resize};

// --- tests ---

PP_TEST(random_operations_against_the_definition) {
    pp_rng rng = rng_of(1);
    pp_store *store = memory_store();
    item map[64];
    size_t len = 0;
    pp_digest root, expected;
    pp_state s;
    pp_state_empty_root(&root);
    view(store, &s, &root);
    for (int step = 0; step < 1500; step++) {
        item it = random_item(&rng);
        size_t known = pp_rng_below(&rng, 64);
        if (known < len) it.address = map[known].address;
        if (known >= len && len == 64) continue;
        if (pp_rng_below(&rng, 4) == 0) {
            if (known < len) it.account = map[known].account;
            if (known >= len) memset(&it.account, 0, sizeof it.account);
            CHECK(holds(&s, &it));
            continue;
        }
        put(&s, &it);
        CHECK(holds(&s, &it));
        if (known >= len) known = len++;
        map[known] = it;
        if (pp_rng_below(&rng, 8) != 0) continue;
        CHECK_EQ(pp_state_root(&s, &root), PP_STATE_OK);
        slow_root(&expected, map, len, 0);
        CHECK(pp_digest_eq(&root, &expected));
        if (pp_rng_below(&rng, 3) != 0) continue;
        pp_err err; // go on from storage
        CHECK(pp_store_commit(&err, store, &s, &root));
        pp_state_close(&s);
        view(store, &s, &root);
    }
    CHECK_EQ(len, 64);
    pp_state_close(&s);
    pp_store_close(store);
}

PP_TEST(absent_accounts) {
    pp_digest root, empty;
    pp_state s;
    item it = {.address = {{1}}};
    pp_state_empty_root(&empty);
    CHECK_EQ(pp_state_open(&s, &no_source, &empty), PP_STATE_OK);
    CHECK(holds(&s, &it));
    put(&s, &it); // nothing is put where nothing is
    CHECK_EQ(pp_state_root(&s, &root), PP_STATE_OK);
    CHECK(pp_digest_eq(&root, &empty));
    it.account.nonce = 1; // made and unmade before anybody saw a root
    put(&s, &it);
    it.account.nonce = 0;
    put(&s, &it);
    CHECK_EQ(pp_state_root(&s, &root), PP_STATE_OK);
    CHECK(pp_digest_eq(&root, &empty));
    it.account.nonce = 1;
    put(&s, &it);
    CHECK_EQ(pp_state_root(&s, &root), PP_STATE_OK);
    CHECK(!pp_digest_eq(&root, &empty));
    memset(&it.account, 0, sizeof it.account); // an account, once there, stays
    put(&s, &it);
    CHECK_EQ(pp_state_root(&s, &root), PP_STATE_OK);
    slow_root(&empty, &it, 1, 0);
    CHECK(pp_digest_eq(&root, &empty));
    pp_state_close(&s);
}

// Some accounts are read, some changed, some made; then the same from the multiproof alone.
static void session(pp_state *s, pp_digest *root, const item *items, const item *fresh) {
    item changed = items[3];
    changed.account.nonce++;
    CHECK(holds(s, &items[0]));
    CHECK(holds(s, &items[1]));
    put(s, &changed);
    put(s, &fresh[0]);
    put(s, &fresh[1]);
    CHECK_EQ(pp_state_root(s, root), PP_STATE_OK);
}

PP_TEST(multiproof_carries_a_session) {
    pp_rng rng = rng_of(2);
    for (size_t len = 4; len <= 400; len *= 10) {
        pp_store *store = memory_store();
        pp_digest root, after, again, got;
        item *items = fill(store, &root, &rng, len);
        item fresh[2] = {random_item(&rng), random_item(&rng)};
        pp_state s, p;
        view(store, &s, &root);
        session(&s, &after, items, fresh);
        size_t size;
        uint8_t *proof = proof_of(&s, &size);
        CHECK_EQ(pp_state_open_proof(&p, &no_source, &got, (pp_bytes){proof, size}), PP_STATE_OK);
        CHECK(pp_digest_eq(&got, &root));
        session(&p, &again, items, fresh);
        CHECK(pp_digest_eq(&again, &after));
        size_t size2;
        uint8_t *proof2 = proof_of(&p, &size2);
        CHECK(size2 == size && memcmp(proof, proof2, size) == 0);
        CHECK(pp_state_proof(&s, proof2, size - 1) == size); // short room: only the size
        free(proof2);
        free(proof);
        free(items);
        pp_state_close(&p);
        pp_state_close(&s);
        pp_store_close(store);
    }
}

// Reads and writes of accounts that are there, were made in this session, or are new, with roots in
// between; every so often one is looked at through every way there is.
static void long_session(pp_state *s, pp_digest *root, const item *items, size_t len,
                         uint64_t salt) {
    pp_rng rng = rng_of(salt);
    item own[40];
    size_t own_len = 0;
    for (int step = 0; step < 200; step++) {
        item it = random_item(&rng);
        uint64_t which = pp_rng_below(&rng, 4);
        if (which == 0 && own_len) it.address = own[pp_rng_below(&rng, (uint32_t)own_len)].address;
        if (which == 1) it.address = items[pp_rng_below(&rng, (uint32_t)len)].address;
        pp_account got;
        if (which == 2) CHECK_EQ(pp_state_get(s, &got, &it.address), PP_STATE_OK);
        if (which != 2) put(s, &it);
        if (which == 3 && own_len < 40) own[own_len++] = it;
        if (pp_rng_below(&rng, 6) == 0) CHECK_EQ(pp_state_root(s, root), PP_STATE_OK);
    }
    CHECK_EQ(pp_state_root(s, root), PP_STATE_OK);
}

// Whatever was written and however often roots were made, the multiproof is the pre-state's, and
// carries the same session to the same root; so does a state without hashing side by side.
PP_TEST(multiproof_is_of_the_pre_state) {
    pp_rng rng = rng_of(20);
    for (size_t len = 1; len <= 1000; len *= 10) {
        pp_store *store = memory_store();
        pp_digest root, after, again, got;
        item *items = fill(store, &root, &rng, len);
        pp_state s, p, one;
        view(store, &s, &root);
        long_session(&s, &after, items, len, len);
        size_t size, size2;
        uint8_t *proof = proof_of(&s, &size);
        CHECK_EQ(pp_state_open_proof(&p, &no_source, &got, (pp_bytes){proof, size}), PP_STATE_OK);
        CHECK(pp_digest_eq(&got, &root));
        long_session(&p, &again, items, len, len);
        CHECK(pp_digest_eq(&again, &after));
        uint8_t *proof2 = proof_of(&p, &size2);
        CHECK(size2 == size && memcmp(proof, proof2, size) == 0);
        view(store, &one, &root);
        one.source.hash = NULL;
        long_session(&one, &again, items, len, len);
        CHECK(pp_digest_eq(&again, &after));
        // What was made is stored, and can be read back.
        pp_err err;
        CHECK(pp_store_commit(&err, store, &s, &again) && pp_digest_eq(&again, &after));
        pp_account a, b;
        pp_state back;
        view(store, &back, &after);
        for (size_t i = 0; i < len; i++)
            CHECK(pp_state_get(&s, &a, &items[i].address) == PP_STATE_OK &&
                  pp_state_get(&back, &b, &items[i].address) == PP_STATE_OK && a.nonce == b.nonce &&
                  pp_u256_cmp(&a.balance, &b.balance) == 0);
        pp_state_close(&back);
        pp_state_close(&one);
        pp_state_close(&p);
        pp_state_close(&s);
        free(proof2);
        free(proof);
        free(items);
        pp_store_close(store);
    }
}

PP_TEST(proof_does_not_depend_on_the_order_of_reads) {
    pp_rng rng = rng_of(3);
    pp_store *store = memory_store();
    pp_digest root;
    item *items = fill(store, &root, &rng, 100);
    uint8_t *proof[2];
    size_t size[2];
    for (int turn = 0; turn < 2; turn++) {
        pp_state s;
        view(store, &s, &root);
        for (int i = 0; i < 20; i++) CHECK(holds(&s, &items[turn ? 19 - i : i]));
        if (turn) CHECK(holds(&s, &items[7])); // read twice
        proof[turn] = proof_of(&s, &size[turn]);
        pp_state_close(&s);
    }
    CHECK(size[0] == size[1] && memcmp(proof[0], proof[1], size[0]) == 0);
    free(proof[0]);
    free(proof[1]);
    free(items);
    pp_store_close(store);
}

PP_TEST(every_flipped_bit_of_a_proof_shows) {
    pp_rng rng = rng_of(4);
    pp_store *store = memory_store();
    pp_digest root, got;
    item *items = fill(store, &root, &rng, 40);
    item absent = random_item(&rng);
    memset(&absent.account, 0, sizeof absent.account);
    pp_state s;
    view(store, &s, &root);
    CHECK(holds(&s, &items[0]) && holds(&s, &items[1]) && holds(&s, &absent));
    size_t size;
    uint8_t *proof = proof_of(&s, &size);
    pp_state_close(&s);
    for (size_t i = 0; i < 8 * size; i++) {
        proof[i / 8] ^= (uint8_t)(1 << i % 8);
        pp_state_status st = pp_state_open_proof(&s, &no_source, &got, (pp_bytes){proof, size});
        CHECK(st == PP_STATE_PROOF || (st == PP_STATE_OK && !pp_digest_eq(&got, &root)));
        pp_state_close(&s);
        proof[i / 8] ^= (uint8_t)(1 << i % 8);
    }
    for (size_t n = 0; n < size; n++) { // cut short
        CHECK_EQ(pp_state_open_proof(&s, &no_source, &got, (pp_bytes){proof, n}), PP_STATE_PROOF);
        pp_state_close(&s);
    }
    uint8_t *longer = calloc(1, size + 1);
    PP_ASSERT(longer);
    memcpy(longer, proof, size);
    CHECK_EQ(pp_state_open_proof(&s, &no_source, &got, (pp_bytes){longer, size + 1}),
             PP_STATE_PROOF);
    pp_state_close(&s);
    free(longer);
    free(proof);
    free(items);
    pp_store_close(store);
}

// --- proofs as trees, for taking them apart ---

// Copies the subtree at *at, but the one whose number (pre-order) is `cut` as its digest alone.
static void copy_cut(uint8_t *out, size_t *out_size, pp_digest *digest, const uint8_t *proof,
                     size_t *at, int *number, int cut) {
    uint8_t *start = out + *out_size;
    size_t start_size = *out_size;
    int mine = (*number)++;
    uint8_t kind = proof[*at];
    out[(*out_size)++] = proof[(*at)++];
    pp_state_node node = {.leaf = kind == 2};
    memset(digest, 0, sizeof *digest);
    if (kind == 3) {
        copy_cut(out, out_size, &node.left, proof, at, number, cut);
        copy_cut(out, out_size, &node.right, proof, at, number, cut);
        pp_state_node_digest(digest, &node);
    } else if (kind != 0) {
        size_t n = kind == 1 ? 36 : 60;
        memcpy(out + *out_size, proof + *at, n);
        if (kind == 1) CHECK(pp_digest_decode(digest, proof + *at));
        if (kind == 2) {
            CHECK(pp_state_node_decode(&node, (pp_bytes){proof + *at - 1, 61}));
            pp_state_node_digest(digest, &node);
        }
        *out_size += n;
        *at += n;
    }
    if (mine != cut || kind < 2) return;
    *out_size = start_size + 37;
    start[0] = 1;
    pp_digest_encode(start + 1, digest);
}

PP_TEST(nothing_in_a_proof_is_superfluous) {
    pp_rng rng = rng_of(5);
    pp_store *store = memory_store();
    pp_digest root, got, digest;
    item *items = fill(store, &root, &rng, 60);
    item absent[4];
    pp_state s;
    view(store, &s, &root);
    for (int i = 0; i < 4; i++) {
        absent[i] = random_item(&rng);
        memset(&absent[i].account, 0, sizeof absent[i].account);
        CHECK(holds(&s, &items[i]) && holds(&s, &absent[i]));
    }
    size_t size, at = 0, out_size = 0;
    uint8_t *proof = proof_of(&s, &size), *out = malloc(size + 64);
    PP_ASSERT(out);
    pp_state_close(&s);
    int cells = 0, number = 0;
    copy_cut(out, &out_size, &digest, proof, &at, &cells, -1);
    CHECK(at == size && out_size == size && pp_digest_eq(&digest, &root));
    int cuts = 0;
    for (int cut = 0; cut < cells; cut++) {
        at = out_size = 0;
        number = 0;
        copy_cut(out, &out_size, &digest, proof, &at, &number, cut);
        if (out_size == size && memcmp(out, proof, size) == 0) continue; // a digest or empty
        cuts++;
        CHECK_EQ(pp_state_open_proof(&s, &no_source, &got, (pp_bytes){out, out_size}), PP_STATE_OK);
        CHECK(pp_digest_eq(&got, &root));
        int missing = 0;
        for (int i = 0; i < 4; i++) {
            pp_account a;
            missing += pp_state_get(&s, &a, &items[i].address) == PP_STATE_MISSING;
            missing += pp_state_get(&s, &a, &absent[i].address) == PP_STATE_MISSING;
        }
        CHECK(missing > 0);
        pp_state_close(&s);
    }
    CHECK(cuts > 8);
    free(out);
    free(proof);
    free(items);
    pp_store_close(store);
}

PP_TEST(keys_a_proof_does_not_cover) {
    pp_rng rng = rng_of(6);
    pp_store *store = memory_store();
    pp_digest root, got;
    item *items = fill(store, &root, &rng, 50);
    pp_state s;
    pp_account a;
    view(store, &s, &root);
    CHECK(holds(&s, &items[0]));
    size_t size;
    uint8_t *proof = proof_of(&s, &size);
    pp_state_close(&s);
    CHECK_EQ(pp_state_open_proof(&s, &no_source, &got, (pp_bytes){proof, size}), PP_STATE_OK);
    for (int i = 1; i < 50; i++) {
        CHECK_EQ(pp_state_get(&s, &a, &items[i].address), PP_STATE_MISSING);
        CHECK_EQ(pp_state_put(&s, &items[i].address, &items[i].account), PP_STATE_MISSING);
    }
    CHECK(holds(&s, &items[0]));
    pp_state_close(&s);
    free(proof);
    free(items);
    pp_store_close(store);
}

PP_TEST(malformed_proofs) {
    pp_state s;
    pp_digest got;
    uint8_t leaf[61] = {2, 0xaa}, stub[37] = {1, 1}, bytes[400] = {0};
#define OPEN(size) pp_state_open_proof(&s, &no_source, &got, (pp_bytes){bytes, (size)})
    CHECK_EQ(OPEN(1), PP_STATE_OK); // the empty map
    pp_state_close(&s);
    bytes[0] = 4; // no such kind
    CHECK_EQ(OPEN(1), PP_STATE_PROOF);
    pp_state_close(&s);
    bytes[0] = 3; // a node of nothing
    CHECK_EQ(OPEN(3), PP_STATE_PROOF);
    pp_state_close(&s);
    memcpy(bytes + 2, leaf, 61); // of nothing and one account, either way round
    CHECK_EQ(OPEN(63), PP_STATE_PROOF);
    pp_state_close(&s);
    memcpy(bytes + 1, leaf, 61);
    bytes[62] = 0;
    CHECK_EQ(OPEN(63), PP_STATE_PROOF);
    pp_state_close(&s);
    memcpy(bytes + 62, leaf, 61); // of two: fine
    CHECK_EQ(OPEN(123), PP_STATE_OK);
    pp_state_close(&s);
    memcpy(bytes, stub, 37);
    CHECK_EQ(OPEN(37), PP_STATE_OK);
    pp_state_close(&s);
    bytes[1] = 0; // the empty digest written out
    CHECK_EQ(OPEN(37), PP_STATE_PROOF);
    pp_state_close(&s);
    pp_store_le32(bytes + 1, PP_FP_MODULUS); // not canonical
    CHECK_EQ(OPEN(37), PP_STATE_PROOF);
    pp_state_close(&s);
    for (unsigned depth = 215; depth <= 217; depth++) { // as deep as a path, and deeper
        uint8_t deep[2 * 218 + 200];
        size_t n = 0;
        for (unsigned d = 0; d < depth; d++) deep[n++] = 3;
        memcpy(deep + n, leaf, 61);
        memcpy(deep + n + 61, stub, 37);
        n += 61 + 37;
        for (unsigned d = 1; d < depth; d++) deep[n++] = 0;
        CHECK_EQ(pp_state_open_proof(&s, &no_source, &got, (pp_bytes){deep, n}),
                 depth <= PP_STATE_DEPTH ? PP_STATE_OK : PP_STATE_PROOF);
        pp_state_close(&s);
    }
#undef OPEN
}

// A tree that no map has: two leaves on each other's places.
PP_TEST(misplaced_leaves) {
    pp_rng rng = rng_of(7);
    item a[2];
    do a[0] = random_item(&rng);
    while (slow_bit(&a[0], 0) != 0);
    do a[1] = random_item(&rng);
    while (slow_bit(&a[1], 0) != 1);
    uint8_t proof[1 + 2 * 61] = {3};
    for (int i = 0; i < 2; i++) {
        pp_state_node node = {.leaf = true, .address = a[1 - i].address};
        uint8_t bytes[PP_STATE_NODE_MAX];
        CHECK_EQ(pp_state_node_encode(bytes, &node), 61);
        memcpy(proof + 1 + (size_t)(61 * i), bytes, 61);
    }
    pp_state s;
    pp_digest got;
    CHECK_EQ(pp_state_open_proof(&s, &no_source, &got, (pp_bytes){proof, sizeof proof}),
             PP_STATE_OK);
    put(&s, &a[0]); // not found where its path leads, so it is put beside what is there
    CHECK_EQ(pp_state_root(&s, &got), PP_STATE_MISPLACED);
    pp_state_close(&s);
}

// Storage that answers everything with one more node.
static pp_state_status endless(void *ctx, pp_state_node *out, const pp_digest *digest,
                               uint64_t where) {
    (void)ctx, (void)where;
    memset(out, 0, sizeof *out);
    out->left = out->right = *digest;
    return PP_STATE_OK;
}

PP_TEST(a_tree_without_end) {
    pp_state_source source = {.load = endless, .resize = heap_resize};
    pp_digest root = {{{1}}};
    pp_account account;
    pp_state s;
    CHECK_EQ(pp_state_open(&s, &source, &root), PP_STATE_OK);
    CHECK_EQ(pp_state_get(&s, &account, &(pp_address){{1}}), PP_STATE_MISPLACED);
    pp_state_close(&s);
}

PP_TEST(node_codec) {
    pp_rng rng = rng_of(8);
    for (int i = 0; i < 200; i++) {
        pp_state_node node = {.leaf = i % 2}, back;
        item it = random_item(&rng);
        if (node.leaf) {
            node.address = it.address;
            node.account = it.account;
        } else {
            for (int e = 0; e < PP_DIGEST_LEN; e++) {
                node.left.e[e] = pp_fp_from_u32((uint32_t)pp_rng_u64(&rng));
                node.right.e[e] = pp_fp_from_u32((uint32_t)pp_rng_u64(&rng));
            }
        }
        uint8_t bytes[PP_STATE_NODE_MAX + 1] = {0}, again[PP_STATE_NODE_MAX];
        size_t size = pp_state_node_encode(bytes, &node);
        CHECK(pp_state_node_decode(&back, (pp_bytes){bytes, size}));
        CHECK_EQ(pp_state_node_encode(again, &back), size);
        CHECK_MEM(again, bytes, size);
        CHECK(!pp_state_node_decode(&back, (pp_bytes){bytes, size - 1}));
        CHECK(!pp_state_node_decode(&back, (pp_bytes){bytes, size + 1}));
        bytes[0] ^= 1;
        CHECK(!pp_state_node_decode(&back, (pp_bytes){bytes, size}));
    }
    pp_state_node back;
    CHECK(!pp_state_node_decode(&back, (pp_bytes){NULL, 0}));
}

// In an arena of any size: the right root, or MEMORY.
PP_TEST(small_memory) {
    pp_digest empty, right, got;
    pp_state_empty_root(&empty);
    uint8_t *memory = malloc(1 << 20);
    PP_ASSERT(memory);
    int worked = 0, full = 0;
    for (size_t size = 1 << 20; size >= 64; size -= size / 5) {
        pp_rng rng = rng_of(9);
        pp_arena arena;
        pp_arena_init(&arena, memory, size);
        pp_state_source source = {.ctx = &arena, .resize = pp_state_arena_resize};
        pp_state s;
        pp_state_status st = pp_state_open(&s, &source, &empty);
        for (int i = 0; i < 300 && st == PP_STATE_OK; i++) {
            item it = random_item(&rng);
            st = pp_state_put(&s, &it.address, &it.account);
        }
        if (st == PP_STATE_OK) st = pp_state_root(&s, &got);
        if (st != PP_STATE_OK) {
            CHECK_EQ(st, PP_STATE_MEMORY);
            full++;
        } else if (worked++ == 0) {
            right = got;
        } else {
            CHECK(pp_digest_eq(&got, &right));
        }
        pp_state_close(&s);
    }
    CHECK(worked > 1 && full > 1);
    free(memory);
}
