package dev.greenroom.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/// Sends `PING` every millisecond on its own connection and thread, and so measures how the load affects other
/// clients.
final class RegistryPing implements AutoCloseable {
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(1);
    private static final byte[] PING = "PING\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final int PONG_BYTES = 7;

    private final int port;
    private final Samples samples = new Samples();
    private final Thread thread = new Thread(this::run, "ping");
    private volatile boolean closed;

    RegistryPing(int port) {
        this.port = port;
    }

    void start() {
        thread.start();
    }

    /// Only after [#close].
    Samples samples() {
        return samples;
    }

    private void run() {
        try (var socket = new Socket(InetAddress.getLoopbackAddress(), port)) {
            socket.setTcpNoDelay(true);
            while (!closed) {
                var began = System.nanoTime();
                socket.getOutputStream().write(PING);
                if (socket.getInputStream().readNBytes(PONG_BYTES).length < PONG_BYTES) {
                    throw new IOException("Redis hung up");
                }
                samples.add(System.nanoTime() - began);
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        closed = true;
        try {
            thread.join();
        } catch (InterruptedException _) {
            Thread.currentThread().interrupt();
        }
    }
}
