package dev.greenroom.net.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import dev.greenroom.net.relay.RelayFixture;
import dev.greenroom.net.relay.TlsRelayFixture;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.LoggedLines;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import javax.net.ssl.SSLHandshakeException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/// Who gets in over TLS, with which certificate, and what becomes of those who speak something else.
@Timeout(60)
class TlsHandshakeTest {
    private static final TestCertificate SECOND = TestCertificate.rsa();

    @TempDir
    private Path folder;

    private TlsRelayFixture tls;
    private RelayFixture relays;

    @BeforeEach
    void begin() throws IOException {
        tls = new TlsRelayFixture(folder);
        relays = tls.relays;
    }

    @AfterEach
    void end() {
        tls.close();
    }

    @Test
    void plain_http_to_this_port_is_hung_up_on_and_named_in_the_log() throws Exception {
        try (var log = LoggedLines.of(ConnectionPipeline.class.getName());
                var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(tls.listen(server)).send(RawClient.upgrade("/", ""))) {

            assertThat(client.in().read()).isNotEqualTo((int) 'H');

            await().until(() -> log.withCode("BAD_TLS").stream()
                    .anyMatch(line -> line.startsWith("DEBUG Client without TLS on a TLS port")));
            assertThat(worker.headsWaiting()).isZero();
        }
    }

    @Test
    void a_client_that_speaks_tls_to_a_plain_port_is_told_at_once() throws Exception {
        try (var log = LoggedLines.of(InboundConnection.class.getName());
                var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker)) {
            var port = RelayFixture.listen(server);

            assertThatThrownBy(() -> RawClient.connect(port, TlsRelayFixture.CERTIFICATE.trusted()))
                    .isInstanceOf(IOException.class)
                    .isNotInstanceOf(SocketTimeoutException.class);

            await().until(() ->
                    log.withCode("BAD_HEAD").stream().anyMatch(line -> line.contains("this port does not speak TLS")));
        }
    }

    @Test
    void tls_1_1_and_older_is_refused_with_an_alert() throws Exception {
        byte[] hello = {0x16, 3, 1, 0, 45, 1, 0, 0, 41, 3, 2};
        var ciphers = new byte[] {0, 0, 2, (byte) 0xC0, 0x13, 1, 0};
        var whole = Arrays.copyOf(hello, hello.length + 32 + ciphers.length);
        System.arraycopy(ciphers, 0, whole, hello.length + 32, ciphers.length);
        try (var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker);
                var client = RawClient.connect(tls.listen(server)).send(whole)) {
            var answer = client.in().readNBytes(7);

            assertThat(answer[0]).as("an alert").isEqualTo((byte) 0x15);
            assertThat(answer[6]).as("protocol version").isEqualTo((byte) 70);
        }
    }

    @Test
    void a_new_pair_of_files_is_served_to_newcomers_and_drops_nobody() throws Exception {
        try (var log = LoggedLines.of(ServerTls.class.getName());
                var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker)) {
            var port = tls.listen(server);
            try (var early = TlsRelayFixture.session(port)) {

                SECOND.write(tls.certificateFile(), tls.keyFile());

                await().until(() -> !log.withCode("TLS_RELOADED").isEmpty());
                assertThatThrownBy(() -> RawClient.connect(port, TlsRelayFixture.CERTIFICATE.trusted()))
                        .isInstanceOf(SSLHandshakeException.class);
                try (var late = RelayFixture.upgraded(RawClient.connect(port, SECOND.trusted()))) {
                    late.send(RawClient.masked(1, new byte[] {'a'}));
                    assertThat(late.readFrame().payload()).isEqualTo("a");
                }
                early.send(RawClient.masked(1, new byte[] {'b'}));
                assertThat(early.readFrame().payload()).isEqualTo("b");
            }
        }
    }

    @Test
    void a_new_pair_that_is_bad_is_complained_about_once_and_the_old_one_stays() throws Exception {
        try (var log = LoggedLines.of(ServerTls.class.getName());
                var worker = FakeWorker.start(FakeWorker.echo());
                var server = relays.proxyTo(worker)) {
            var port = tls.listen(server);

            Files.writeString(tls.keyFile(), SECOND.pkcs8());
            await().until(() -> !log.withCode("TLS_RELOAD_FAILED").isEmpty());

            TlsRelayFixture.session(port).close();
            Files.writeString(tls.certificateFile(), SECOND.pem());
            await().until(() -> !log.withCode("TLS_RELOADED").isEmpty());
            assertThat(log.withCode("TLS_RELOAD_FAILED"))
                    .singleElement()
                    .asString()
                    .startsWith("WARN ")
                    .contains("it is not the key of the first certificate");
            RawClient.connect(port, SECOND.trusted()).close();
        }
    }
}
