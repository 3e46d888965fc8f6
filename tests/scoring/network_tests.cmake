# Tests of scoring/network/ and scoring/topk/.
freshet_test(top_k_test LABEL unit SOURCES top_k_test.cc LIBRARIES freshet::topk)
freshet_test(network_test LABEL unit
             SOURCES fused_kernels_test.cc network_embedding_table_test.cc
                     network_negative_sampler_test.cc network_step_batch_test.cc safetensors_test.cc
             LIBRARIES freshet::network)

# Every test of the contract runs on each implementation that is built.
freshet_test(network_contract_test LABEL contract SOURCES network_contract_test.cc
             LIBRARIES freshet::network)
target_include_directories(network_contract_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
if(FRESHET_LIBTORCH)
  target_link_libraries(network_contract_test PRIVATE freshet::network_torch)
  target_compile_definitions(network_contract_test PRIVATE FRESHET_LIBTORCH)
  freshet_test(network_twins_test LABEL contract SOURCES network_twins_test.cc
               LIBRARIES freshet::network_torch)
  target_include_directories(network_twins_test PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_compile_definitions(network_twins_test PRIVATE FRESHET_LIBTORCH)
endif()
