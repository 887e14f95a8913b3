package dev.greenroom.net.server;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.channel.ChannelConfig;
import io.netty.channel.RecvByteBufAllocator;
import io.netty.util.UncheckedBooleanSupplier;

/// A receive buffer allocator that makes reads smaller while direct memory is under pressure.
final class MemoryAwareReceive implements RecvByteBufAllocator {
    private final RecvByteBufAllocator delegate;
    private final DirectMemory memory;

    MemoryAwareReceive(RecvByteBufAllocator delegate, DirectMemory memory) {
        this.delegate = delegate;
        this.memory = memory;
    }

    @Override
    public ExtendedHandle newHandle() {
        if (delegate.newHandle() instanceof ExtendedHandle handle) {
            return new PressureAwareHandle(handle, memory);
        }
        throw new IllegalStateException("every Netty allocator has extended handles");
    }

    /// Belongs to one channel and its event loop.
    private static final class PressureAwareHandle implements ExtendedHandle {
        private final ExtendedHandle delegate;
        private final DirectMemory memory;

        private PressureAwareHandle(ExtendedHandle delegate, DirectMemory memory) {
            this.delegate = delegate;
            this.memory = memory;
        }

        @Override
        public ByteBuf allocate(ByteBufAllocator allocator) {
            var most = memory.pressure().maxReadBytes();
            return most < delegate.guess() ? allocator.ioBuffer(most) : delegate.allocate(allocator);
        }

        @Override
        public int guess() {
            return Math.min(delegate.guess(), memory.pressure().maxReadBytes());
        }

        @Override
        public void reset(ChannelConfig config) {
            delegate.reset(config);
        }

        @Override
        public void incMessagesRead(int count) {
            delegate.incMessagesRead(count);
        }

        @Override
        public void lastBytesRead(int bytes) {
            delegate.lastBytesRead(bytes);
        }

        @Override
        public int lastBytesRead() {
            return delegate.lastBytesRead();
        }

        @Override
        public void attemptedBytesRead(int bytes) {
            delegate.attemptedBytesRead(bytes);
        }

        @Override
        public int attemptedBytesRead() {
            return delegate.attemptedBytesRead();
        }

        @Override
        public boolean continueReading() {
            return delegate.continueReading();
        }

        @Override
        public boolean continueReading(UncheckedBooleanSupplier maybeMoreData) {
            return delegate.continueReading(maybeMoreData);
        }

        @Override
        public void readComplete() {
            delegate.readComplete();
        }
    }
}
