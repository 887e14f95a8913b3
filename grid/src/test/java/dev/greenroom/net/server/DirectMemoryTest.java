package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.net.server.DirectMemory.Left;
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

    private Left leftWith(long bytesTaken, long bytesUsed) {
        taken.set(bytesTaken);
        used.set(bytesUsed);
        now.addAndGet(MILLISECOND);
        return memory.left();
    }

    @Test
    void what_is_used_counts_and_not_what_is_kept_for_the_next_buffer() {
        assertThat(leftWith(49, 49)).isEqualTo(Left.PLENTY);
        assertThat(leftWith(100, 49)).isEqualTo(Left.PLENTY);
        assertThat(leftWith(100, 50)).isEqualTo(Left.LITTLE);
        assertThat(leftWith(100, 74)).isEqualTo(Left.LITTLE);
        assertThat(leftWith(100, 75)).isEqualTo(Left.HARDLY_ANY);
        assertThat(leftWith(40, 40)).isEqualTo(Left.PLENTY);
    }

    @Test
    void what_is_used_is_asked_once_a_millisecond_at_most() {
        assertThat(leftWith(100, 60)).isEqualTo(Left.LITTLE);
        used.set(90);

        assertThat(memory.left()).isEqualTo(Left.LITTLE);
        now.addAndGet(MILLISECOND);
        assertThat(memory.left()).isEqualTo(Left.HARDLY_ANY);
    }

    @Test
    void that_hardly_any_is_left_is_said_once_a_minute() {
        try (var log = LoggedLines.of(DirectMemory.class.getName())) {
            for (var n = 0; n < 3; n++) {
                leftWith(100, 80);
            }

            assertThat(log.withCode("DIRECT_MEMORY_SCARCE")).hasSize(1);
        }
    }

    @Test
    void the_less_is_left_the_smaller_a_buffer_is_read_into() {
        var handle = new MemoryAwareReceive(new FixedRecvByteBufAllocator(10_000), memory).newHandle();
        leftWith(10, 10);
        assertThat(capacity(handle)).isEqualTo(10_000);
        leftWith(100, 60);
        assertThat(capacity(handle)).isEqualTo(Left.LITTLE.mostAtOnce());
        assertThat(handle.guess()).isEqualTo(Left.LITTLE.mostAtOnce());
        leftWith(100, 90);
        assertThat(capacity(handle)).isEqualTo(Left.HARDLY_ANY.mostAtOnce());
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
