# SPDX-License-Identifier: MIT OR Apache-2.0
# The page inside the program, as web/dist has it. Found from -I src.
    .section .rodata
    .macro file name, path
    .globl pp_web_\name, pp_web_\name\()_end
    .balign 16
pp_web_\name:
    .incbin "\path"
pp_web_\name\()_end:
    .byte 0
    .endm
    file index, "../web/dist/index.html"
    file script, "../web/dist/app.js"
    file style, "../web/dist/app.css"
    file icon, "../web/dist/icon.svg"
    file verifier, "../web/dist/verifier.wasm"
    .section .note.GNU-stack, "", %progbits
