// @NAME@: a guest program. It counts the words of its private input, which a proof does not hold.
#include "polypoly.h"

static uint64_t count_words(const uint8_t *text, size_t size) {
    uint64_t words = 0;
    int inside = 0;
    for (size_t i = 0; i < size; i++) {
        int space = text[i] == ' ' || text[i] == '\n' || text[i] == '\t' || text[i] == '\r';
        if (!space && !inside) words++;
        inside = !space;
    }
    return words;
}

int main(void) {
    const uint8_t *text;
    size_t size;
    read_input(&text, &size); // private: a proof names it by its id

    uint64_t words = count_words(text, size);

    pp_print("words: "); // debug text, for you; no part of a proof
    pp_print_u64(words);
    pp_print("\n");

    write_output((const uint8_t *)&words, sizeof words); // public, at most 256 bytes in all
    return 0; // only a run that ends with 0 can be proven
}
