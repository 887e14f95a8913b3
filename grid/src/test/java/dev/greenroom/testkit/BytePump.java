package dev.greenroom.testkit;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ByteChannel;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;

/// Carries bytes between two channels, both ways, until one of them ends.
public final class BytePump {
    private static final int BUFFER_BYTES = 64 * 1024;

    private BytePump() {}

    /// Begins to; both are closed when one ends.
    public static void join(ByteChannel one, ByteChannel other) {
        Thread.ofVirtual().name("pump").start(() -> carry(one, other));
        Thread.ofVirtual().name("pump").start(() -> carry(other, one));
    }

    /// Opens the far end of what a server took in.
    @FunctionalInterface
    public interface Opener {
        ByteChannel open() throws IOException;
    }

    /// Joins each connection that a server takes to one that is opened for it, until the server is closed.
    public static void joinAll(ServerSocketChannel server, Opener far) {
        Thread.ofVirtual().name("pump-accept").start(() -> {
            try {
                while (server.isOpen()) {
                    join(server.accept(), far.open());
                }
            } catch (ClosedChannelException _) {
                // Closed by its owner.
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        });
    }

    private static void carry(ByteChannel from, ByteChannel to) {
        var buffer = ByteBuffer.allocate(BUFFER_BYTES);
        try (from;
                to) {
            while (from.read(buffer) >= 0) {
                buffer.flip();
                while (buffer.hasRemaining()) {
                    to.write(buffer);
                }
                buffer.clear();
            }
        } catch (IOException _) {
            // One side is gone, and now both are.
        }
    }
}
