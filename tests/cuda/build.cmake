# Builds train and eval with ZER0_CUDA=ON in the folder WORK, a warning being an error, and runs
# them: where no GPU is, each must say so in one sentence. One architecture and -O1 only, to save
# time; cuda.report and cuda.nvcc_sm_100 compile for others.
function(run)
  execute_process(COMMAND ${ARGN} COMMAND_ERROR_IS_FATAL ANY)
endfunction()

# Runs a program that must end with exit code 1 and say `expected`, in one line and nothing else.
function(run_without_gpu expected)
  execute_process(COMMAND ${ARGN} RESULT_VARIABLE rc OUTPUT_VARIABLE out ERROR_VARIABLE err)
  if(NOT rc EQUAL 1 OR NOT "${out}" STREQUAL "" OR NOT "${err}" MATCHES "^${expected}\n$")
    message(FATAL_ERROR "wanted exit code 1 and \"${expected}\"; exit ${rc}, said:\n${out}${err}")
  endif()
endfunction()

run("${CMAKE_COMMAND}" -S "${SOURCE}" -B "${WORK}" -G "${GENERATOR}" -DCMAKE_BUILD_TYPE=Release
    -DCMAKE_CXX_FLAGS_RELEASE=-O1 -DCMAKE_CUDA_FLAGS_RELEASE=-O1 "-DCMAKE_CXX_COMPILER=${CXX}"
    -DZER0_CUDA=ON -DZER0_WERROR=ON -DZER0_BUILD_TESTS=OFF -DZER0_BUILD_BENCH=OFF
    -DCMAKE_CUDA_ARCHITECTURES=80)
cmake_host_system_information(RESULT cores QUERY NUMBER_OF_LOGICAL_CORES)
run("${CMAKE_COMMAND}" --build "${WORK}" --target train eval -j ${cores})

set(train "${WORK}/examples/train")
set(eval "${WORK}/examples/eval")
foreach(program "${train}" "${eval}")
  execute_process(COMMAND "${program}" --help OUTPUT_VARIABLE help COMMAND_ERROR_IS_FATAL ANY)
  if(NOT help MATCHES "--device [^\n]*cuda:N")
    message(FATAL_ERROR "${program} --help does not offer --device cuda:N:\n${help}")
  endif()
endforeach()

set(data "${WORK}/texts.jsonl")
file(WRITE "${data}" "{\"text\": \"the cat saw the dog\"}\n{\"text\": \"the dog saw the cat\"}\n")
set(tiny --data_path "${data}" --tokenizer_path "${SOURCE}/tests/data/tokenizer"
         --out_dir "${WORK}/out" --overwrite --dim 16 --n_layers 1 --n_heads 2
         --max_seq_len 16 --batch_size 1 --accumulation_steps 1)
run("${train}" ${tiny} --device cpu)

execute_process(COMMAND nvidia-smi -L OUTPUT_VARIABLE cards ERROR_QUIET)
if(cards MATCHES "GPU 0")
  message(STATUS "this machine has a GPU: the tests labelled gpu say more")
  return()
endif()
set(no_device
    "cuda: no device found \\([^\n]*\\); install the NVIDIA driver, or use the cpu device")
foreach(dtype bfloat16 float16 float32)
  run_without_gpu("train: ${no_device}" "${train}" ${tiny} --device cuda:0 --dtype ${dtype})
  run_without_gpu("eval: ${no_device}" "${eval}" --out_dir "${WORK}/out" --dim 16 --device cuda:0
                  --dtype ${dtype})
endforeach()
