package dev.greenroom.rehearsal;

import java.io.BufferedInputStream;
import java.io.DataInputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;

/// A fake Redis with just the commands that a proxy without workers sends, so that the build needs no
/// Redis. It answers every script as `workers.lua` answers without workers.
final class RehearsalRedis implements AutoCloseable {
    private static final String INFO = "redis_version:7.0.0\r\nrole:master\r\nmaxmemory_policy:noeviction\r\n";
    private static final int MAX_ARGUMENTS = 1_000;
    private static final int MAX_ARGUMENT_BYTES = 1024 * 1024;

    private final ServerSocket server;
    private final Semaphore scripts = new Semaphore(0);

    private RehearsalRedis(ServerSocket server) {
        this.server = server;
    }

    static RehearsalRedis start() throws IOException {
        var redis = new RehearsalRedis(new ServerSocket(0, 8, InetAddress.getLoopbackAddress()));
        Thread.ofVirtual().name("rehearsal-redis").start(redis::accept);
        return redis;
    }

    int port() {
        return server.getLocalPort();
    }

    /// Waits for the answer to a script that no earlier call has waited for.
    ///
    /// @return false when none came within the limit
    boolean awaitScript(Duration limit) throws InterruptedException {
        return scripts.tryAcquire(limit.toNanos(), TimeUnit.NANOSECONDS);
    }

    private void accept() {
        while (!server.isClosed()) {
            try {
                var socket = server.accept();
                Thread.ofVirtual().name("rehearsal-redis-client").start(() -> serve(socket));
            } catch (IOException _) {
                // Closed: the rehearsal is over.
            }
        }
    }

    private void serve(Socket socket) {
        try (socket) {
            var in = new DataInputStream(new BufferedInputStream(socket.getInputStream()));
            while (true) {
                answer(command(in), socket.getOutputStream());
            }
        } catch (IOException _) {
            // The proxy has closed its connection.
        }
    }

    private static List<String> command(DataInputStream in) throws IOException {
        var words = new ArrayList<String>();
        var count = number(in, MAX_ARGUMENTS);
        for (var i = 0; i < count; i++) {
            words.add(new String(in.readNBytes(number(in, MAX_ARGUMENT_BYTES)), StandardCharsets.UTF_8));
            in.skipNBytes(2);
        }
        return words;
    }

    /// Reads `*3` or `$5` and the end of the line.
    private static int number(DataInputStream in, int atMost) throws IOException {
        in.readByte();
        var number = 0;
        for (var digit = in.readByte(); digit != '\r'; digit = in.readByte()) {
            number = 10 * number + digit - '0';
            if (number < 0 || number > atMost) {
                throw new IOException("this is not a command");
            }
        }
        in.readByte();
        return number;
    }

    private void answer(List<String> command, OutputStream out) throws IOException {
        var name = command.getFirst().toUpperCase(Locale.ROOT);
        var answer = switch (name) {
            case "HELLO" -> "%4\r\n+server\r\n+redis\r\n+version\r\n+7.0.0\r\n+proto\r\n:3\r\n+role\r\n+master\r\n";
            case "INFO" -> "$" + INFO.length() + "\r\n" + INFO + "\r\n";
            case "PSUBSCRIBE" ->
                ">3\r\n+psubscribe\r\n$" + command.get(1).length() + "\r\n" + command.get(1) + "\r\n:1\r\n";
            // The last page of a list with nothing on it.
            case "EVALSHA", "EVAL" -> "*5\r\n:0\r\n:5\r\n:0\r\n:50\r\n:0\r\n";
            default -> "+OK\r\n";
        };
        out.write(answer.getBytes(StandardCharsets.UTF_8));
        out.flush();
        if (name.startsWith("EVAL")) {
            scripts.release();
        }
    }

    @Override
    public void close() throws IOException {
        server.close();
    }
}
