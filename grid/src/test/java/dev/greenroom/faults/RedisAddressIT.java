package dev.greenroom.faults;

import static org.awaitility.Awaitility.await;

import dev.greenroom.testkit.FreePort;
import dev.greenroom.testkit.Outputs;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// A container that is replaced keeps its name and gets another address.
@Timeout(120)
class RedisAddressIT {
    private static final String NAME_SERVER = "127.0.0.77";
    private static final String FIRST = "127.0.0.78";
    private static final String SECOND = "127.0.0.79";

    @TempDir
    private Path folder;

    @Test
    void a_redis_that_returns_at_another_address_is_found_whatever_the_ttl_in_dns() throws Exception {
        var resolver = Files.writeString(folder.resolve("resolv.conf"), "nameserver " + NAME_SERVER + "\n");
        var ownResolver = List.of(
                "unshare", "-m", "sh", "-c", "mount --bind " + resolver + " /etc/resolv.conf && exec \"$@\"", "sh");
        var port = FreePort.next();
        try (var names = NameServer.start(FIRST)) {
            var redis = redis(FIRST, port);
            try (var proxy = LoneProxy.start(port, ownResolver, List.of(), Map.of("REDIS_HOST", "redis.test"))) {

                end(redis);
                names.address = SECOND;
                redis = redis(SECOND, port);

                await("the proxy is back")
                        .atMost(Duration.ofSeconds(20))
                        .until(() -> proxy.log().contains("REDIS_BACK"));
            } finally {
                end(redis);
            }
        }
    }

    private static Process redis(String address, int port) throws IOException {
        return new ProcessBuilder("redis-server", "--port", Integer.toString(port), "--bind", address, "--save", "")
                .redirectErrorStream(true)
                .redirectOutput(Outputs.file("redis").toFile())
                .start();
    }

    private static void end(Process redis) throws InterruptedException {
        redis.destroyForcibly();
        if (!redis.waitFor(10, TimeUnit.SECONDS)) {
            throw new IllegalStateException("a Redis that was killed still runs");
        }
    }

    /// Answers each question for an address of version 4 with the same one, which it says is good for a
    /// day.
    private static final class NameServer implements AutoCloseable {
        private static final int HEADER_BYTES = 12;
        private static final int TYPE_AND_CLASS_BYTES = 4;
        private static final short ANSWER = (short) 0x8180;
        private static final short NAME_OF_THE_QUESTION = (short) 0xc00c;
        private static final short ADDRESS = 1;
        private static final short INTERNET = 1;
        private static final int DAY_SECONDS = 86_400;

        private final DatagramSocket socket;
        private volatile String address;

        private NameServer(DatagramSocket socket, String address) {
            this.socket = socket;
            this.address = address;
        }

        static NameServer start(String address) throws IOException {
            var server = new NameServer(
                    new DatagramSocket(new InetSocketAddress(InetAddress.ofLiteral(NAME_SERVER), 53)), address);
            Thread.ofPlatform().name("name-server").start(server::serve);
            return server;
        }

        private void serve() {
            var packet = new DatagramPacket(new byte[512], 512);
            try {
                while (true) {
                    packet.setLength(512);
                    socket.receive(packet);
                    packet.setData(answer(packet.getData()));
                    socket.send(packet);
                    packet.setData(new byte[512]);
                }
            } catch (SocketException _) {
                // Closed.
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
        }

        private byte[] answer(byte[] question) {
            var end = HEADER_BYTES;
            while (question[end] != 0) {
                end += question[end] + 1;
            }
            var type = ByteBuffer.wrap(question).getShort(end + 1);
            end += 1 + TYPE_AND_CLASS_BYTES;
            var known = type == ADDRESS;
            var answer = ByteBuffer.allocate(512)
                    .put(question, 0, 2)
                    .putShort(ANSWER)
                    .putShort((short) 1)
                    .putShort((short) (known ? 1 : 0))
                    .putInt(0)
                    .put(question, HEADER_BYTES, end - HEADER_BYTES);
            if (known) {
                answer.putShort(NAME_OF_THE_QUESTION)
                        .putShort(ADDRESS)
                        .putShort(INTERNET)
                        .putInt(DAY_SECONDS)
                        .putShort((short) 4)
                        .put(InetAddress.ofLiteral(address).getAddress());
            }
            return Arrays.copyOf(answer.array(), answer.position());
        }

        @Override
        public void close() {
            socket.close();
        }
    }
}
