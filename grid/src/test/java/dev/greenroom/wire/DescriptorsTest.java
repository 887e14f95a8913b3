package dev.greenroom.wire;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class DescriptorsTest {
    @Test
    void the_limit_is_the_one_that_the_jvm_knows() {
        assertThat(Descriptors.most()).isEqualTo(Descriptors.ofJvm()).isPresent();
    }

    @Test
    void a_connection_takes_two_and_some_are_kept() {
        assertThat(Descriptors.connections()).isPositive().isLessThan((int)
                Math.min(Integer.MAX_VALUE, Descriptors.most().orElseThrow() / 2));
    }
}
