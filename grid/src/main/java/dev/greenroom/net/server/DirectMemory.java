package dev.greenroom.net.server;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.util.internal.PlatformDependent;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// The memory outside of the heap that buffers of this process use, and how much of it is left. Whoever
/// asks for more than there is gets an error after half a second in which its event loop stands still, so
/// nobody may come that far: all read less as soon as little is left. Safe for use by many threads.
public final class DirectMemory {
    private static final Logger LOG = LoggerFactory.getLogger(DirectMemory.class);
    private static final DirectMemory PROCESS = new DirectMemory(
            DirectMemory::takenBytes, DirectMemory::usedBytes, PlatformDependent.maxDirectMemory(), System::nanoTime);

    /// Asking what is taken or used takes locks that those who allocate need too.
    private static final long LOOK_NANOS = 1_000_000;

    private static final long WARN_NANOS = 60_000_000_000L;

    private final LongSupplier taken;
    private final LongSupplier used;
    private final long half;
    private final LongSupplier nanoTime;
    private final AtomicLong lookedNanos;
    private final AtomicLong warnedNanos;
    private volatile Left left = Left.PLENTY;

    /// What is left, and how a connection behaves that knows it.
    public enum Left {
        /// As fast as it goes.
        PLENTY(Integer.MAX_VALUE, 64 * 1024, 256 * 1024),
        /// Slower; thousands of connections whose peers do not read may come to this.
        LITTLE(4 * 1024, 4 * 1024, 16 * 1024),
        /// Only while nothing waits to be written. Newcomers are refused.
        HARDLY_ANY(512, 1, 1);

        private final int mostAtOnce;
        private final int low;
        private final int high;

        Left(int mostAtOnce, int low, int high) {
            this.mostAtOnce = mostAtOnce;
            this.low = low;
            this.high = high;
        }

        /// How many bytes may be read at once.
        int mostAtOnce() {
            return mostAtOnce;
        }

        /// How many bytes may wait to be written before no more are read.
        public WriteBufferWaterMark waterMark() {
            return new WriteBufferWaterMark(low, high);
        }
    }

    /// @param taken bytes that the allocator has, never fewer than are used
    /// @param used bytes in buffers that somebody holds
    /// @param most bytes that there may be
    /// @param nanoTime a clock that only goes forward
    DirectMemory(LongSupplier taken, LongSupplier used, long most, LongSupplier nanoTime) {
        this.taken = taken;
        this.used = used;
        this.half = most / 2;
        this.nanoTime = nanoTime;
        this.lookedNanos = new AtomicLong(nanoTime.getAsLong() - LOOK_NANOS);
        this.warnedNanos = new AtomicLong(nanoTime.getAsLong() - WARN_NANOS);
    }

    /// That of this process.
    public static DirectMemory ofProcess() {
        return PROCESS;
    }

    /// Bytes that the allocator has taken, used now or kept for the next buffer.
    public static long bytes() {
        return ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider
                ? provider.metric().usedDirectMemory()
                : 0;
    }

    private static long takenBytes() {
        return Math.max(bytes(), PlatformDependent.usedDirectMemory());
    }

    /// Pools keep what was used for the next buffer, and that may be nearly all.
    private static long usedBytes() {
        var taken = takenBytes();
        return ByteBufAllocator.DEFAULT instanceof PooledByteBufAllocator pooled
                ? taken - bytes() + pooled.pinnedDirectMemory()
                : taken;
    }

    /// Whether so little is left that nobody new should be taken on.
    public static boolean isHardlyAnyLeft() {
        return PROCESS.left() == Left.HARDLY_ANY;
    }

    /// What was left when somebody looked last; costs nothing.
    public Left lastLeft() {
        return left;
    }

    /// What is left now, as of a millisecond ago at most. Asked for each read.
    Left left() {
        var now = nanoTime.getAsLong();
        var looked = lookedNanos.get();
        if (now - looked >= LOOK_NANOS && lookedNanos.compareAndSet(looked, now)) {
            left = taken.getAsLong() < half ? Left.PLENTY : leftOf(used.getAsLong());
            warn(now);
        }
        return left;
    }

    private Left leftOf(long bytes) {
        if (bytes < half) {
            return Left.PLENTY;
        }
        return bytes < half + half / 2 ? Left.LITTLE : Left.HARDLY_ANY;
    }

    private void warn(long now) {
        var warned = warnedNanos.get();
        if (left == Left.HARDLY_ANY && now - warned >= WARN_NANOS && warnedNanos.compareAndSet(warned, now)) {
            LOG.atWarn()
                    .addKeyValue("code", "DIRECT_MEMORY_SCARCE")
                    .addKeyValue("takenBytes", taken.getAsLong())
                    .addKeyValue("mostBytes", 2 * half)
                    .log("Peers that do not read what they are sent hold most of the memory for it; newcomers are"
                            + " refused until there is more");
        }
    }
}
