package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.server.HttpListener.ConnectionLimits.FileDescriptorLimit;
import org.junit.jupiter.api.Test;

class FileDescriptorLimitTest {
    @Test
    void the_limit_is_the_one_that_the_jvm_knows() {
        assertThat(FileDescriptorLimit.most())
                .isEqualTo(FileDescriptorLimit.ofJvm())
                .isPresent();
    }

    @Test
    void a_connection_takes_two_and_some_are_kept() {
        assertThat(FileDescriptorLimit.connections()).isPositive().isLessThan((int)
                Math.min(Integer.MAX_VALUE, FileDescriptorLimit.most().orElseThrow() / 2));
    }
}
