# Builds programs of a user in the folder WORK, getting zer0 the way WAY says, and runs them.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(here "${CMAKE_CURRENT_LIST_DIR}")

if(WAY STREQUAL "plain")
  run(${CXX} -std=c++20 -fopenmp -pthread -I "${SOURCE}/include" -isystem "${EIGEN}" "${PROGRAM}" -o "${WORK}/program"
      -lpcre2-8 -lutf8proc)
  # It needs texts and minutes; here it gets none.
  execute_process(COMMAND "${WORK}/program" "${SOURCE}/tests/data/tokenizer" "${WORK}/nowhere.jsonl" WORKING_DIRECTORY "${WORK}"
                  RESULT_VARIABLE rc ERROR_VARIABLE said)
  if(NOT rc EQUAL 1 OR NOT said MATCHES "nowhere.jsonl")
    message(FATAL_ERROR "the program ends with ${rc} and says:\n${said}")
  endif()
  return()
endif()

if(WAY STREQUAL "find_package")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  set(where "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  set(where "-DZER0_DIR=${SOURCE}")
endif()
run("${CMAKE_COMMAND}" -S "${here}/${WAY}" -B "${WORK}/build" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}"
    "-DPROGRAM=${PROGRAM}" "${where}" "-DCOMPILED=${COMPILED}" "-DFLAGS=${FLAGS}")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/smoke_zer0")
if(COMPILED)
  run("${WORK}/build/smoke_compiled")
endif()

# The same numbers, to the last bit, whichever way zer0 is used.
if(WAY STREQUAL "find_package")
  set(texts "${WORK}/texts.jsonl")
  foreach(i RANGE 1 40)
    math(EXPR a "${i} * ${i} % 7")
    file(APPEND "${texts}" "{\"text\": \"the cat ${i} saw the dog ${a}, and the dog ${i} saw what the cat ${a} saw\"}\n")
  endforeach()
  foreach(program losses_zer0 losses_compiled)
    execute_process(COMMAND "${WORK}/build/${program}" "${SOURCE}/tests/data/tokenizer" "${texts}"
                    OUTPUT_VARIABLE said_${program} COMMAND_ERROR_IS_FATAL ANY)
  endforeach()
  if(NOT said_losses_zer0 MATCHES "^1 0x[^\n]*\n2 0x" OR NOT said_losses_zer0 STREQUAL said_losses_compiled)
    message(FATAL_ERROR "with zer0::zer0:\n${said_losses_zer0}\nwith zer0::compiled:\n${said_losses_compiled}")
  endif()
endif()
