package dev.greenroom.wire;

import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.ByteBufAllocatorMetricProvider;

/// The memory outside of the heap that buffers of this process use.
public final class DirectMemory {
    private DirectMemory() {}

    /// Bytes that the allocator has taken, used now or kept for the next buffer.
    public static long bytes() {
        return ByteBufAllocator.DEFAULT instanceof ByteBufAllocatorMetricProvider provider
                ? provider.metric().usedDirectMemory()
                : 0;
    }
}
