package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.server.DirectMemory.DirectMemoryPressure;
import dev.greenroom.testkit.LoggedLines;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.netty.channel.FixedRecvByteBufAllocator;
import io.netty.channel.RecvByteBufAllocator;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.parallel.Isolated;

/// How much is read at once while memory grows short.
@Isolated("the log of the JVM")
class DirectMemoryTest {
    private static final long MILLISECOND = 1_000_000;

    private final AtomicLong taken = new AtomicLong();
    private final AtomicLong used = new AtomicLong();
    private final AtomicLong now = new AtomicLong();
    private final DirectMemory memory = new DirectMemory(taken::get, used::get, 100, now::get);

    private DirectMemoryPressure pressureWith(long bytesTaken, long bytesUsed) {
        taken.set(bytesTaken);
        used.set(bytesUsed);
        now.addAndGet(MILLISECOND);
        return memory.pressure();
    }

    @Test
    void what_is_used_counts_and_not_what_is_kept_for_the_next_buffer() {
        assertThat(pressureWith(49, 49)).isEqualTo(DirectMemoryPressure.NORMAL);
        assertThat(pressureWith(100, 49)).isEqualTo(DirectMemoryPressure.NORMAL);
        assertThat(pressureWith(100, 50)).isEqualTo(DirectMemoryPressure.HIGH);
        assertThat(pressureWith(100, 74)).isEqualTo(DirectMemoryPressure.HIGH);
        assertThat(pressureWith(100, 75)).isEqualTo(DirectMemoryPressure.CRITICAL);
        assertThat(pressureWith(40, 40)).isEqualTo(DirectMemoryPressure.NORMAL);
    }

    @Test
    void what_is_used_is_asked_once_a_millisecond_at_most() {
        assertThat(pressureWith(100, 60)).isEqualTo(DirectMemoryPressure.HIGH);
        used.set(90);

        assertThat(memory.pressure()).isEqualTo(DirectMemoryPressure.HIGH);
        now.addAndGet(MILLISECOND);
        assertThat(memory.pressure()).isEqualTo(DirectMemoryPressure.CRITICAL);
    }

    @Test
    void that_hardly_any_is_left_is_said_once_a_minute() {
        try (var log = LoggedLines.of(DirectMemory.class.getName())) {
            for (var n = 0; n < 3; n++) {
                pressureWith(100, 80);
            }

            assertThat(log.withCode("DIRECT_MEMORY_SCARCE")).hasSize(1);
        }
    }

    @Test
    void the_less_is_left_the_smaller_a_buffer_is_read_into() {
        var handle = new MemoryAwareReceive(new FixedRecvByteBufAllocator(10_000), memory).newHandle();
        pressureWith(10, 10);
        assertThat(capacity(handle)).isEqualTo(10_000);
        pressureWith(100, 60);
        assertThat(capacity(handle)).isEqualTo(DirectMemoryPressure.HIGH.maxReadBytes());
        assertThat(handle.guess()).isEqualTo(DirectMemoryPressure.HIGH.maxReadBytes());
        pressureWith(100, 90);
        assertThat(capacity(handle)).isEqualTo(DirectMemoryPressure.CRITICAL.maxReadBytes());
    }

    private static int capacity(RecvByteBufAllocator.ExtendedHandle handle) {
        var buffer = handle.allocate(UnpooledByteBufAllocator.DEFAULT);
        try {
            return buffer.capacity();
        } finally {
            buffer.release();
        }
    }
}
