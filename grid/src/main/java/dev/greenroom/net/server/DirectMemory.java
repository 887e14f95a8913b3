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

/// The direct memory (outside of the heap) that the buffers of this process use, and the pressure on it.
/// An allocation beyond the limit blocks its event loop for half a second and then fails, so connections
/// read less before that point is reached. Thread-safe.
public final class DirectMemory {
    private static final Logger LOG = LoggerFactory.getLogger(DirectMemory.class);
    private static final DirectMemory PROCESS = new DirectMemory(
            DirectMemory::takenBytes, DirectMemory::usedBytes, PlatformDependent.maxDirectMemory(), System::nanoTime);

    /// How long a result is reused: reading the allocator's metrics takes locks that allocations need
    /// too.
    private static final long LOOK_NANOS = 1_000_000;

    private static final long WARN_NANOS = 60_000_000_000L;

    private final LongSupplier taken;
    private final LongSupplier used;
    private final long half;
    private final LongSupplier nanoTime;
    private final AtomicLong lookedNanos;
    private final AtomicLong warnedNanos;
    private volatile DirectMemoryPressure pressure = DirectMemoryPressure.NORMAL;

    /// The pressure on direct memory, and what a connection does about it.
    public enum DirectMemoryPressure {
        /// Reads and buffers at full speed.
        NORMAL(Integer.MAX_VALUE, 64 * 1024, 256 * 1024),
        /// Reads and buffers less. Thousands of connections whose peers do not read can cause this.
        HIGH(4 * 1024, 4 * 1024, 16 * 1024),
        /// Reads only while nothing is waiting to be written. New clients are refused.
        CRITICAL(512, 1, 1);

        private final int maxReadBytes;
        private final int low;
        private final int high;

        DirectMemoryPressure(int maxReadBytes, int low, int high) {
            this.maxReadBytes = maxReadBytes;
            this.low = low;
            this.high = high;
        }

        /// Maximum bytes of one read.
        int maxReadBytes() {
            return maxReadBytes;
        }

        /// How many bytes may wait to be written before reading from the other side stops.
        public WriteBufferWaterMark waterMark() {
            return new WriteBufferWaterMark(low, high);
        }
    }

    /// @param taken bytes that the allocator has reserved, never fewer than are used
    /// @param used bytes in live buffers
    /// @param most the limit, in bytes
    /// @param nanoTime a monotonic clock, as [System#nanoTime]
    DirectMemory(LongSupplier taken, LongSupplier used, long most, LongSupplier nanoTime) {
        this.taken = taken;
        this.used = used;
        this.half = most / 2;
        this.nanoTime = nanoTime;
        this.lookedNanos = new AtomicLong(nanoTime.getAsLong() - LOOK_NANOS);
        this.warnedNanos = new AtomicLong(nanoTime.getAsLong() - WARN_NANOS);
    }

    /// The direct memory of this process.
    public static DirectMemory ofProcess() {
        return PROCESS;
    }

    /// Bytes that the allocator has reserved, in use or pooled.
    public static long bytes() {
        return ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider
                ? provider.metric().usedDirectMemory()
                : 0;
    }

    private static long takenBytes() {
        return Math.max(bytes(), PlatformDependent.usedDirectMemory());
    }

    /// Bytes in use. Excludes pooled buffers, which may be nearly all of the reserved bytes.
    private static long usedBytes() {
        var taken = takenBytes();
        return ByteBufAllocator.DEFAULT instanceof PooledByteBufAllocator pooled
                ? taken - bytes() + pooled.pinnedDirectMemory()
                : taken;
    }

    /// Whether the pressure is so high that new clients must be refused.
    public static boolean isCritical() {
        return PROCESS.pressure() == DirectMemoryPressure.CRITICAL;
    }

    /// The pressure at the last measurement. Measures nothing itself.
    public DirectMemoryPressure lastPressure() {
        return pressure;
    }

    /// The current pressure, at most one millisecond old. Called for each read.
    DirectMemoryPressure pressure() {
        var now = nanoTime.getAsLong();
        var looked = lookedNanos.get();
        if (now - looked >= LOOK_NANOS && lookedNanos.compareAndSet(looked, now)) {
            pressure = taken.getAsLong() < half ? DirectMemoryPressure.NORMAL : pressureAt(used.getAsLong());
            warn(now);
        }
        return pressure;
    }

    private DirectMemoryPressure pressureAt(long bytes) {
        if (bytes < half) {
            return DirectMemoryPressure.NORMAL;
        }
        return bytes < half + half / 2 ? DirectMemoryPressure.HIGH : DirectMemoryPressure.CRITICAL;
    }

    private void warn(long now) {
        var warned = warnedNanos.get();
        if (pressure == DirectMemoryPressure.CRITICAL
                && now - warned >= WARN_NANOS
                && warnedNanos.compareAndSet(warned, now)) {
            LOG.atWarn()
                    .addKeyValue("code", "DIRECT_MEMORY_SCARCE")
                    .addKeyValue("takenBytes", taken.getAsLong())
                    .addKeyValue("mostBytes", 2 * half)
                    .log("Direct memory nearly exhausted by peers that do not read; new clients are refused");
        }
    }
}
