package dev.greenroom.net.relay;

import dev.greenroom.net.server.HttpListener;
import dev.greenroom.net.tls.ServerTls;
import dev.greenroom.testkit.RawClient;
import dev.greenroom.testkit.TestCertificate;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;

/// Relays whose clients speak TLS, with a certificate that is looked at often.
public final class TlsRelayFixture implements AutoCloseable {
    public static final TestCertificate CERTIFICATE = TestCertificate.ec();
    private static final Duration OFTEN = Duration.ofMillis(20);

    public final RelayFixture relays = new RelayFixture();
    private final Path folder;
    private final ServerTls tls;

    /// @param folder for certificate and key
    public TlsRelayFixture(Path folder) throws IOException {
        this.folder = folder;
        CERTIFICATE.write(certificateFile(), keyFile());
        tls = ServerTls.load(certificateFile(), keyFile(), InstantSource.system(), OFTEN);
        tls.start();
    }

    public Path certificateFile() {
        return folder.resolve("tls.crt");
    }

    public Path keyFile() {
        return folder.resolve("tls.key");
    }

    public int listen(HttpListener server) throws Exception {
        return server.listen(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), tls);
    }

    /// A client that trusts the first certificate and has got its 101.
    public static RawClient session(int port) throws IOException {
        return RelayFixture.upgraded(RawClient.connect(port, CERTIFICATE.trusted()));
    }

    @Override
    public void close() {
        tls.close();
        relays.close();
    }
}
