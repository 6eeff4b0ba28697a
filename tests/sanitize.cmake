# The tests again under the address and undefined-behaviour sanitizers, in build/sanitize (scripts/test.sh has built it).
execute_process(COMMAND "${CMAKE_COMMAND}" --preset sanitize "-DCMAKE_CXX_COMPILER=${CXX}" WORKING_DIRECTORY "${SOURCE}"
                COMMAND_ERROR_IS_FATAL ANY)
execute_process(COMMAND "${CMAKE_COMMAND}" --build --preset sanitize WORKING_DIRECTORY "${SOURCE}"
                COMMAND_ERROR_IS_FATAL ANY)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
execute_process(COMMAND "${CMAKE_CTEST_COMMAND}" --preset sanitize -LE slow -j ${cores} WORKING_DIRECTORY "${SOURCE}"
                COMMAND_ERROR_IS_FATAL ANY)
