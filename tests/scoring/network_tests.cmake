# Tests of scoring/network/ and scoring/topk/.
freshet_test(top_k_test LABEL unit SOURCES scan_kernels_test.cc top_k_index_test.cc top_k_test.cc
             LIBRARIES freshet::topk)
freshet_test(network_test LABEL unit
             SOURCES compressed_rows_test.cc fused_kernels_test.cc network_embedding_table_test.cc
                     network_negative_sampler_test.cc network_step_batch_test.cc safetensors_test.cc
             LIBRARIES freshet::network)

# Tests and tools on every implementation that is built.
add_library(freshet_test_networks INTERFACE)
target_include_directories(freshet_test_networks INTERFACE ${CMAKE_SOURCE_DIR}/tests)
target_link_libraries(freshet_test_networks INTERFACE freshet::network)
if(FRESHET_LIBTORCH)
  target_link_libraries(freshet_test_networks INTERFACE freshet::network_torch)
  target_compile_definitions(freshet_test_networks INTERFACE FRESHET_LIBTORCH)
  freshet_test(torch_scan_test LABEL unit SOURCES torch_scan_test.cc
               LIBRARIES freshet::topk freshet::network_torch)
  target_include_directories(torch_scan_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  freshet_test(network_twins_test LABEL contract SOURCES network_twins_test.cc
               LIBRARIES freshet_test_networks)
endif()
freshet_test(network_contract_test LABEL contract SOURCES network_contract_test.cc
             LIBRARIES freshet_test_networks)

# Python rebuilds the network from a checkpoint; any python3 on the path that has NumPy will do.
function(freshet_has_numpy result candidate)
  execute_process(COMMAND ${candidate} -c "import numpy" RESULT_VARIABLE failed OUTPUT_QUIET ERROR_QUIET)
  if(failed)
    set(${result} FALSE PARENT_SCOPE)
  endif()
endfunction()
find_program(FRESHET_PYTHON_WITH_NUMPY python3 VALIDATOR freshet_has_numpy)
if(FRESHET_PYTHON_WITH_NUMPY)
  find_package(RapidJSON REQUIRED)
  add_executable(write_checkpoints write_checkpoints.cc ${test_sources})
  target_include_directories(write_checkpoints SYSTEM PRIVATE ${RapidJSON_INCLUDE_DIRS})
  target_link_libraries(write_checkpoints PRIVATE freshet_test_networks freshet::scoring GTest::gtest
                                                  freshet::options)
  add_test(NAME read_checkpoint
           COMMAND ${FRESHET_PYTHON_WITH_NUMPY} -B ${CMAKE_CURRENT_SOURCE_DIR}/read_checkpoint.py
                   $<TARGET_FILE:write_checkpoints>)
  set_tests_properties(read_checkpoint PROPERTIES LABELS contract TIMEOUT 60)
else()
  message(WARNING "no python3 with NumPy: the test that reads checkpoints from Python does not run")
endif()
