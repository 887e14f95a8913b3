package dev.greenroom.net.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/// Reads as much at once as another would, and less while little direct memory is left.
final class MemoryAwareReceive implements RecvByteBufAllocator {
    private final RecvByteBufAllocator usual;
    private final DirectMemory memory;

    MemoryAwareReceive(RecvByteBufAllocator usual, DirectMemory memory) {
        this.usual = usual;
        this.memory = memory;
    }

    @Override
    public ExtendedHandle newHandle() {
        if (usual.newHandle() instanceof ExtendedHandle handle) {
            return new SparingHandle(handle, memory);
        }
        throw new IllegalStateException("every allocator of Netty has handles that are extended");
    }

    /// For one channel, on its event loop.
    private static final class SparingHandle implements ExtendedHandle {
        private final ExtendedHandle usual;
        private final DirectMemory memory;

        private SparingHandle(ExtendedHandle usual, DirectMemory memory) {
            this.usual = usual;
            this.memory = memory;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            var most = memory.left().mostAtOnce();
            return most < usual.guess() ? allocator.ioBuffer(most) : usual.allocate(allocator);
        }

        @Override
        public int guess() {
            return Math.min(usual.guess(), memory.left().mostAtOnce());
        }

        @Override
        public void reset(ChannelConfig config) {
            usual.reset(config);
        }

        @Override
        public void incMessagesRead(int count) {
            usual.incMessagesRead(count);
        }

        @Override
        public void lastBytesRead(int bytes) {
            usual.lastBytesRead(bytes);
        }

        @Override
        public int lastBytesRead() {
            return usual.lastBytesRead();
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            usual.attemptedBytesRead(bytes);
        }

        @Override
        public int attemptedBytesRead() {
            return usual.attemptedBytesRead();
        }

        @Override
        public boolean continueReading() {
            return usual.continueReading();
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return usual.continueReading(maybeMoreData);
        }

        @Override
        public void readComplete() {
            usual.readComplete();
        }
    }
}
