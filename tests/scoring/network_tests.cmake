# Tests of scoring/network/ and scoring/topk/.
freshet_test(top_k_test LABEL unit SOURCES top_k_test.cc LIBRARIES freshet::topk)
freshet_test(network_test LABEL unit
             SOURCES network_embedding_table_test.cc network_negative_sampler_test.cc network_step_batch_test.cc
             LIBRARIES freshet::network)
freshet_test(torch_network_test LABEL contract SOURCES torch_network_test.cc
             LIBRARIES freshet::network_torch)
