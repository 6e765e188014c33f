# Builds guest programs. Included by guest/CMakeLists.txt; the flags stand in flags-*.txt, which the
# Makefile of `polypoly new` reads too.
#
# pp_guest(NAME SOURCES files... [PURE files of src/...] [GCC])
#   build/guests/NAME.elf, by clang 19 and lld 19; with GCC also build/guests/gcc/NAME.elf, by
#   riscv64-unknown-elf-gcc. The same sources and compiler give the same bytes everywhere.
#   Target: guest_NAME (guest_gcc_NAME). Without the compilers PP_GUESTS is OFF and nothing is built.
set(PP_GUEST_SDK ${CMAKE_SOURCE_DIR}/guest/sdk)
set(PP_GUEST_DIR ${CMAKE_BINARY_DIR}/guests)
find_program(PP_GUEST_CLANG clang-19)
find_program(PP_GUEST_LLD ld.lld-19)
find_program(PP_GUEST_GCC riscv64-unknown-elf-gcc)
if(PP_GUEST_CLANG AND PP_GUEST_LLD)
  set(PP_GUESTS ON)
else()
  set(PP_GUESTS OFF)
  message(STATUS "guests: not built, clang-19 and lld-19 are not installed (tools/setup.sh test)")
endif()
if(NOT PP_GUEST_GCC)
  message(STATUS "guests: not built with gcc, gcc-riscv64-unknown-elf is not installed")
endif()

include(${PP_GUEST_SDK}/files.cmake)
set(pp_guest_common @${PP_GUEST_SDK}/flags-common.txt)
set(pp_guest_include -I${PP_GUEST_SDK}/include -I${CMAKE_SOURCE_DIR}/src
    -ffile-prefix-map=${CMAKE_SOURCE_DIR}/= -Werror)

# One object: appends its path to the list named by `list`.
function(pp_guest_object list kind folder source)
  if(kind STREQUAL clang)
    set(compiler ${PP_GUEST_CLANG} @${PP_GUEST_SDK}/flags-clang.txt)
  else()
    set(compiler ${PP_GUEST_GCC} @${PP_GUEST_SDK}/flags-gcc.txt)
  endif()
  file(RELATIVE_PATH name ${CMAKE_SOURCE_DIR} ${source})
  string(REPLACE "/" "_" name ${name})
  set(object ${PP_GUEST_DIR}/obj/${kind}/${folder}/${name}.o)
  add_custom_command(
    OUTPUT ${object}
    COMMAND ${CMAKE_COMMAND} -E make_directory ${PP_GUEST_DIR}/obj/${kind}/${folder}
    COMMAND ${compiler} ${pp_guest_common} ${pp_guest_include} -MD -MF ${object}.d -c ${source}
            -o ${object}
    DEPENDS ${source} ${PP_GUEST_SDK}/flags-common.txt ${PP_GUEST_SDK}/flags-${kind}.txt
    DEPFILE ${object}.d
    COMMENT "guest ${folder} (${kind}): ${name}"
    VERBATIM)
  set(${list} ${${list}} ${object} PARENT_SCOPE)
endfunction()

function(pp_guest_elf kind target output sources)
  set(objects "")
  foreach(s ${sources})
    pp_guest_object(objects ${kind} ${target} ${s})
  endforeach()
  if(kind STREQUAL clang)
    set(linker ${PP_GUEST_CLANG} @${PP_GUEST_SDK}/flags-clang.txt -fuse-ld=lld-19)
  else()
    set(linker ${PP_GUEST_GCC})
  endif()
  add_custom_command(
    OUTPUT ${output}
    COMMAND ${linker} ${pp_guest_common} @${PP_GUEST_SDK}/flags-link.txt
            -Wl,-T,${PP_GUEST_SDK}/guest.ld ${objects} ${PP_GUEST_SDK_LINK_${kind}} -o ${output}
    DEPENDS ${objects} ${PP_GUEST_SDK_INPUTS_${kind}} ${PP_GUEST_SDK}/guest.ld
            ${PP_GUEST_SDK}/flags-link.txt pp_guest_sdk_${kind}
    COMMENT "guest ${output}"
    VERBATIM)
endfunction()

# The library, once for each compiler: objects of which the linker takes what a guest needs, so that
# a guest may bring sources the library has too. lld takes objects as a library, GNU ld an archive.
foreach(kind clang gcc)
  if((kind STREQUAL clang AND PP_GUESTS) OR (kind STREQUAL gcc AND PP_GUEST_GCC))
    set(objects "")
    foreach(s ${PP_GUEST_SDK_SOURCES})
      pp_guest_object(objects ${kind} sdk ${PP_GUEST_SDK}/${s})
    endforeach()
    foreach(s ${PP_GUEST_LIB_SOURCES})
      pp_guest_object(objects ${kind} sdk ${CMAKE_SOURCE_DIR}/src/${s})
    endforeach()
    file(MAKE_DIRECTORY ${PP_GUEST_DIR} ${PP_GUEST_DIR}/gcc)
    if(kind STREQUAL gcc)
      set(archive ${PP_GUEST_DIR}/obj/gcc/sdk.a)
      add_custom_command(OUTPUT ${archive} COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
                         COMMAND riscv64-unknown-elf-ar crD ${archive} ${objects}
                         DEPENDS ${objects} VERBATIM)
      set(PP_GUEST_SDK_INPUTS_gcc ${archive})
      set(PP_GUEST_SDK_LINK_gcc ${archive})
    else()
      set(PP_GUEST_SDK_INPUTS_clang ${objects})
      set(PP_GUEST_SDK_LINK_clang -Wl,--start-lib ${objects} -Wl,--end-lib)
    endif()
    add_custom_target(pp_guest_sdk_${kind} DEPENDS ${PP_GUEST_SDK_INPUTS_${kind}})
  endif()
endforeach()

function(pp_guest name)
  cmake_parse_arguments(G "GCC" "" "SOURCES;PURE" ${ARGN})
  set(sources "")
  foreach(s ${G_SOURCES} ${G_UNPARSED_ARGUMENTS})
    cmake_path(ABSOLUTE_PATH s BASE_DIRECTORY ${CMAKE_CURRENT_SOURCE_DIR} NORMALIZE)
    list(APPEND sources ${s})
  endforeach()
  foreach(s ${G_PURE})
    list(APPEND sources ${CMAKE_SOURCE_DIR}/src/${s})
  endforeach()
  if(PP_GUESTS)
    pp_guest_elf(clang ${name} ${PP_GUEST_DIR}/${name}.elf "${sources}")
    add_custom_target(guest_${name} ALL DEPENDS ${PP_GUEST_DIR}/${name}.elf)
    add_dependencies(product guest_${name})
  endif()
  if(G_GCC AND PP_GUEST_GCC)
    pp_guest_elf(gcc ${name} ${PP_GUEST_DIR}/gcc/${name}.elf "${sources}")
    add_custom_target(guest_gcc_${name} ALL DEPENDS ${PP_GUEST_DIR}/gcc/${name}.elf)
  endif()
endfunction()
