# What the SDK consists of. Read by guest.cmake (building guests) and by src/vm (polypoly new).
# Below guest/sdk:
set(PP_GUEST_SDK_SOURCES src/start.S src/start.c src/io.c src/mem.c src/alloc.c src/accel_none.c
    src/sha256.c src/blake2f.c src/keccak.c src/secp256k1.c
    src/calls.c src/accel.c)
set(PP_GUEST_SDK_FILES ${PP_GUEST_SDK_SOURCES} guest.ld flags-common.txt flags-clang.txt
    flags-gcc.txt flags-link.txt include/polypoly.h include/stdlib.h include/string.h
    include/zkvm_accelerators.h include/zkvm_io.h native/host.c)
# Below guest/sdk/template:
set(PP_GUEST_TEMPLATE_FILES main.c Makefile README.md input.txt gitignore)
# Below src: portable sources the library is made of, and the headers they need.
set(PP_GUEST_LIB_SOURCES base/base.c base/u256.c hash/keccak.c hash/poseidon2.c hash/sha256.c sign/recover.c sign/root.c sign/digits.c
    sign/point_calls.c sign/scalar_calls.c sign/group.c sign/inverse.c)
set(PP_GUEST_LIB_HEADERS base/base.h base/u256.h hash/keccak.h hash/keccak_round.h
    hash/poseidon2.h hash/poseidon2_round.h hash/poseidon2_constants.inc hash/sha256.h field/field.h sign/calls.h sign/digits.h
    sign/fe.h sign/group.h sign/inverse.h sign/num.h sign/point.h sign/scalar.h sign/secp256k1.inc sign/sign.h
    vm/abi.h)
