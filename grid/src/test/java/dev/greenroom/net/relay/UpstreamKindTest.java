package dev.greenroom.net.relay;

import static org.assertj.core.api.Assertions.assertThat;

import dev.greenroom.config.ProxySections.RelaySettings;
import dev.greenroom.net.http.UpgradeRequest;
import dev.greenroom.net.relay.Dialer.ConnectResult;
import dev.greenroom.net.relay.RelayStarter.UpstreamKind;
import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.server.HttpListener.ConnectionLimits;
import dev.greenroom.net.server.Transport;
import dev.greenroom.session.SessionEnding;
import dev.greenroom.session.SessionEnding.Cause;
import dev.greenroom.session.SessionId.SessionIdGenerator;
import dev.greenroom.testkit.FakeWorker;
import dev.greenroom.testkit.RawClient;
import io.netty.channel.EventLoopGroup;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/// A relay whose far side is a driver.
@Timeout(30)
class UpstreamKindTest {
    private static final Duration PATIENCE = Duration.ofSeconds(10);
    private static final String MESSAGE = "810179";
    private static final String GOING_AWAY = "880303e978";
    private static final String NO_CODE = "8800";
    private static final String NOTHING = "";

    private final Transport transport = Transport.best();
    private final CompletableFuture<Relay> relay = new CompletableFuture<>();
    private final CompletableFuture<SessionEnding> ending = new CompletableFuture<>();
    private EventLoopGroup loops;

    @BeforeEach
    void begin() {
        loops = transport.newLoops("test", 1);
    }

    @AfterEach
    void end() {
        loops.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }

    @ParameterizedTest
    @ValueSource(strings = {GOING_AWAY, NO_CODE, NOTHING})
    void a_browser_that_dies_is_told_as_a_crash_whatever_its_driver_makes_of_it(String goodbye) throws Exception {
        try (var driver = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.readFrame();
                    peer.send(HexFormat.of().parseHex(MESSAGE + goodbye));
                    if (!goodbye.equals(NOTHING)) {
                        peer.readToEnd();
                    }
                });
                var gateway = gatewayTo(driver);
                var client = RawClient.connect(gateway.listen(new InetSocketAddress(loopback(), 0)))) {
            client.send(RawClient.upgrade("/", "")).readHead();
            client.send(RawClient.masked(1, new byte[] {'x'}));

            var message = client.readFrame();
            var close = client.readFrame();

            assertThat(message.opcode()).isEqualTo(1);
            assertThat(close.closeCode()).isEqualTo(1011);
            assertThat(close.closeReason()).isEqualTo("disconnected: browser crashed");
            assertThat(ending.get(PATIENCE.toSeconds(), TimeUnit.SECONDS))
                    .isEqualTo(SessionEnding.of(Cause.BROWSER_CRASHED));
        }
    }

    @Test
    void a_driver_that_dies_is_told_with_the_reason_that_becomes_known_a_moment_later() throws Exception {
        var gone = new CompletableFuture<Boolean>();
        try (var driver = FakeWorker.start(peer -> {
                    peer.accept();
                    peer.readFrame();
                    peer.socket().close();
                    gone.complete(true);
                });
                var gateway = gatewayTo(driver);
                var client = RawClient.connect(gateway.listen(new InetSocketAddress(loopback(), 0)))) {
            client.send(RawClient.upgrade("/", "")).readHead();
            client.send(RawClient.masked(1, new byte[] {'x'}));
            assertThat(gone.get(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
            for (var turn = 0; turn < 3; turn++) { // the loop notices
                loops.next().submit(() -> {}).get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
            }
            relay.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).end(SessionEnding.of(Cause.DRIVER_OUT_OF_MEMORY));

            assertThat(client.readFrame().closeReason()).isEqualTo("disconnected: driver out of memory");
            assertThat(ending.get(PATIENCE.toSeconds(), TimeUnit.SECONDS).cause())
                    .isEqualTo(Cause.DRIVER_OUT_OF_MEMORY);
        }
    }

    private static InetAddress loopback() {
        return InetAddress.getLoopbackAddress();
    }

    private HttpListener gatewayTo(FakeWorker driver) {
        var settings =
                new RelaySettings(PATIENCE, PATIENCE.multipliedBy(3), PATIENCE, Optional.empty(), Optional.empty());
        var starter = new RelayStarter(settings, System::nanoTime, UpstreamKind.BROWSER);
        var ids = new SessionIdGenerator(InstantSource.system(), new SecureRandom());
        return new HttpListener(transport, loops, ids, new ConnectionLimits(100, 100), connection -> {
            var upgrade = ((UpgradeRequest.CheckedUpgrade.Valid) UpgradeRequest.check(connection.head())).upgrade();
            var target = new Dialer.Target("driver", "/path", upgrade, List.of());
            var address = new InetSocketAddress(loopback(), driver.port());
            var result = new Dialer(transport).dial(connection.eventLoop(), address, target, PATIENCE, PATIENCE);
            if (result instanceof ConnectResult.Upgraded(var outbound)) {
                try (outbound) {
                    var joined = starter.join(connection, outbound, List.of());
                    relay.complete(joined);
                    ending.complete(joined.await().ending());
                }
            }
        });
    }
}
