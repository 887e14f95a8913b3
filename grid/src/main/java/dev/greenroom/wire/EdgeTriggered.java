package dev.greenroom.wire;

import io.netty.channel.Channel;
import io.netty.channel.IoEvent;
import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandle;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;
import io.netty.channel.unix.FileDescriptor;

/// Has epoll tell once that bytes have come, not for as long as they are there: the kernel then need not look again at
/// each connection that was read. Netty does it the other way.
///
/// Whoever stops reading while there may be more is not told again. Every change of what a connection waits for makes
/// the kernel look anew; where nothing changes, and the last read found as much as it could take, this asks it to.
///
/// @param usual serves one event loop, and is called as Netty does
record EdgeTriggered(IoHandler usual) implements IoHandler {
    /// Makes those that serve event loops.
    static IoHandlerFactory newFactory() {
        var epoll = EpollIoHandler.newFactory();
        return executor -> new EdgeTriggered(epoll.newHandler(executor));
    }

    @Override
    public void initialize() {
        usual.initialize();
    }

    @Override
    public int run(IoHandlerContext context) {
        return usual.run(context);
    }

    @Override
    public void prepareToDestroy() {
        usual.prepareToDestroy();
    }

    @Override
    public void destroy() {
        usual.destroy();
    }

    @Override
    public IoRegistration register(IoHandle handle) throws Exception {
        if (handle instanceof EpollIoHandle epoll && handle instanceof Channel.Unsafe channel) {
            var told = new Told(epoll, channel);
            return new Registration(usual.register(told), told);
        }
        return usual.register(handle);
    }

    @Override
    public void wakeup() {
        usual.wakeup();
    }

    @Override
    public boolean isCompatible(Class<? extends IoHandle> type) {
        return usual.isCompatible(type);
    }

    /// A channel that is told what has come.
    private static final class Told implements EpollIoHandle {
        private final EpollIoHandle usual;
        private final Channel.Unsafe channel;

        /// What it waits for.
        private EpollIoOps ops = EpollIoOps.NONE;

        Told(EpollIoHandle usual, Channel.Unsafe channel) {
            this.usual = usual;
            this.channel = channel;
        }

        @Override
        public FileDescriptor fd() {
            return usual.fd();
        }

        @Override
        public void registered() {
            usual.registered();
        }

        @Override
        public void handle(IoRegistration registration, IoEvent event) {
            usual.handle(registration, event);
            if (ops.contains(EpollIoOps.EPOLLET) && endedEarly() && ops.contains(EpollIoOps.EPOLLIN)) {
                registration.submit(ops);
            }
        }

        private boolean endedEarly() {
            var reads = channel.recvBufAllocHandle();
            var bytes = reads.lastBytesRead();
            return bytes > 0 && bytes == reads.attemptedBytesRead();
        }

        @Override
        public void unregistered() {
            usual.unregistered();
        }

        @Override
        public void close() {
            channel.close(channel.voidPromise());
        }
    }

    private record Registration(IoRegistration usual, Told told) implements IoRegistration {
        @Override
        @SuppressWarnings("TypeParameterUnusedInFormals") // Netty's
        public <T> T attachment() {
            return usual.attachment();
        }

        /// Connections alone wait for the end of what they are sent; sockets that listen do not.
        @Override
        public long submit(IoOps ops) {
            if (ops instanceof EpollIoOps epoll) {
                told.ops = epoll.contains(EpollIoOps.EPOLLRDHUP) ? epoll.with(EpollIoOps.EPOLLET) : epoll;
                return usual.submit(told.ops);
            }
            return usual.submit(ops);
        }

        @Override
        public boolean isValid() {
            return usual.isValid();
        }

        @Override
        public boolean cancel() {
            return usual.cancel();
        }
    }
}
