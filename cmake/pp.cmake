# How a module says what it is. Used by src/*/CMakeLists.txt.

# pp_module(NAME [PURE files...] [NATIVE files...] [DEPS modules...] [LIBS libraries...])
# PURE files have no heap, stdio, threads, clock or float: tools/check_pure.sh compiles each
# for rv64im and wasm32 too. NATIVE files may use the operating system.
function(pp_module name)
  cmake_parse_arguments(M "" "" "PURE;NATIVE;DEPS;LIBS" ${ARGN})
  add_library(pp_${name} STATIC ${M_PURE} ${M_NATIVE})
  foreach(d ${M_DEPS})
    target_link_libraries(pp_${name} PUBLIC pp_${d})
  endforeach()
  target_link_libraries(pp_${name} PUBLIC ${M_LIBS})
  foreach(f ${M_PURE})
    set_property(GLOBAL APPEND PROPERTY PP_PURE ${CMAKE_CURRENT_SOURCE_DIR}/${f})
  endforeach()
endfunction()

# Sources of the vector kernels, one instruction set each (src/field/simd.h), with its flags:
# pp_simd(LIST STEM...) leaves STEM_avx2.c and STEM_avx512.c in LIST where the target is x86-64, and
# gives the flags that STEM_emulated.c, the tests' copy of the second, needs.
function(pp_simd list)
  set(files "")
  foreach(stem ${ARGN})
    if(CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64")
      set_source_files_properties(${stem}_avx2.c PROPERTIES COMPILE_OPTIONS "-mavx2;-O3")
      set_source_files_properties(${stem}_avx512.c PROPERTIES COMPILE_OPTIONS
                                  "-mavx512f;-mavx512bw;-mavx512dq;-mavx512vl;-O3")
      list(APPEND files ${stem}_avx2.c ${stem}_avx512.c)
    endif()
    # The compilers say that passing 64-byte vectors depends on AVX-512; none crosses a file.
    set_source_files_properties(${stem}_emulated.c PROPERTIES COMPILE_OPTIONS "-Wno-psabi")
  endforeach()
  set(${list} ${files} PARENT_SCOPE)
endfunction()

# pp_test(NAME SOURCES files... [DEPS modules...] [LIBS ...] [LABELS ...] [ARGS ...] [TIMEOUT s])
# One test program: src/base/test.h gives it a main loop and the closing line.
function(pp_test name)
  cmake_parse_arguments(T "" "TIMEOUT" "SOURCES;DEPS;LIBS;LABELS;ARGS" ${ARGN})
  add_executable(test_${name} ${T_SOURCES})
  target_link_libraries(test_${name} PRIVATE pp_testmain ${T_LIBS})
  foreach(d ${T_DEPS})
    target_link_libraries(test_${name} PRIVATE pp_${d})
  endforeach()
  target_compile_definitions(test_${name} PRIVATE PP_SOURCE_DIR="${CMAKE_SOURCE_DIR}"
                                                  PP_BINARY_DIR="${CMAKE_BINARY_DIR}")
  add_test(NAME ${name} COMMAND test_${name} ${T_ARGS})
  # Tests that say they need long are begun first, so that none is left running alone at the end.
  set(cost ${T_TIMEOUT})
  if(NOT T_TIMEOUT)
    set(cost 0)
    set(T_TIMEOUT 400)
  endif()
  set_tests_properties(${name} PROPERTIES TIMEOUT ${T_TIMEOUT} COST ${cost} LABELS "${T_LABELS}"
                                          SKIP_RETURN_CODE 77)
endfunction()

# pp_bench(NAME SOURCES files... [DEPS modules...]): build/bin/bench_NAME, run by `make bench`.
function(pp_bench name)
  cmake_parse_arguments(B "" "" "SOURCES;DEPS;LIBS" ${ARGN})
  add_executable(bench_${name} ${B_SOURCES})
  target_link_libraries(bench_${name} PRIVATE pp_base ${B_LIBS})
  foreach(d ${B_DEPS})
    target_link_libraries(bench_${name} PRIVATE pp_${d})
  endforeach()
  target_compile_definitions(bench_${name} PRIVATE PP_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
endfunction()

# pp_fuzz(NAME SOURCES files... [DEPS modules...] [RUNS n]): a file that defines LLVMFuzzerTestOneInput.
# With PP_FUZZ it is a libFuzzer program; without, src/base/fuzz_main.c drives it over its corpus
# (fuzz/NAME/) and over random mutations, as an ordinary test named fuzz_NAME.
function(pp_fuzz name)
  cmake_parse_arguments(F "" "RUNS" "SOURCES;DEPS;LIBS" ${ARGN})
  if(NOT F_RUNS)
    set(F_RUNS 20000)
  endif()
  if(PP_FUZZ)
    add_executable(fuzz_${name} ${F_SOURCES})
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    add_executable(fuzz_${name} ${F_SOURCES} ${CMAKE_SOURCE_DIR}/src/base/fuzz_main.c)
    add_test(NAME fuzz_${name}
             COMMAND fuzz_${name} --runs ${F_RUNS} ${CMAKE_SOURCE_DIR}/fuzz/${name})
    set_tests_properties(fuzz_${name} PROPERTIES TIMEOUT 400 LABELS fuzz)
  endif()
  target_link_libraries(fuzz_${name} PRIVATE pp_base ${F_LIBS})
  foreach(d ${F_DEPS})
    target_link_libraries(fuzz_${name} PRIVATE pp_${d})
  endforeach()
endfunction()

function(pp_write_pure_list)
  get_property(files GLOBAL PROPERTY PP_PURE)
  list(JOIN files "\n" text)
  file(WRITE ${CMAKE_BINARY_DIR}/pure_sources.txt "${text}\n")
endfunction()
