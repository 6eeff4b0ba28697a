# Builds the programs of a user in the folder WORK, getting zer0 the way WAY says, and runs the small one.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE "${WORK}")
file(MAKE_DIRECTORY "${WORK}")
set(here "${CMAKE_CURRENT_LIST_DIR}")

if(WAY STREQUAL "plain")
  foreach(pair "smoke:${here}/smoke.cpp" "program:${PROGRAM}")
    string(REGEX MATCH "^([a-z]+):(.*)$" matched "${pair}")
    run(${CXX} -std=c++20 -fopenmp -pthread -I "${SOURCE}/include" -isystem "${EIGEN}" "${CMAKE_MATCH_2}" -o
        "${WORK}/${CMAKE_MATCH_1}" -lpcre2-8 -lutf8proc)
  endforeach()
  run("${WORK}/smoke")
  return()
endif()

if(WAY STREQUAL "find_package")
  run("${CMAKE_COMMAND}" --install "${BUILD}" --prefix "${WORK}/prefix")
  set(where "-DCMAKE_PREFIX_PATH=${WORK}/prefix")
else()
  set(where "-DZER0_DIR=${SOURCE}")
endif()
run("${CMAKE_COMMAND}" -S "${here}/${WAY}" -B "${WORK}/build" -G "${GENERATOR}" "-DCMAKE_CXX_COMPILER=${CXX}"
    "-DPROGRAM=${PROGRAM}" "${where}")
run("${CMAKE_COMMAND}" --build "${WORK}/build")
run("${WORK}/build/smoke")
