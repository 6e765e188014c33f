// SPDX-License-Identifier: MIT OR Apache-2.0
// The smallest guest: what start and halt cost.
int main(void) {
    return 0;
}
