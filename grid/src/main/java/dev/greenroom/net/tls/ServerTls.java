package dev.greenroom.net.tls;

import java.util.List;
import dev.greenroom.schedule.PeriodicTask;
import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.io.Serial;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/// TLS 1.2 and 1.3 on a port, with a certificate that is read again when its files change. Connections keep
/// the one that they began with.
public final class ServerTls implements AutoCloseable {
    /// How often the files are looked at.
    public static final Duration LOOK = Duration.ofSeconds(5);

    /// As long as a request head may take.
    private static final Duration HANDSHAKE_TIME = Duration.ofSeconds(10);
    private static final Logger LOG = LoggerFactory.getLogger(ServerTls.class);

    private final TlsKeyPair files;
    private final InstantSource clock;
    private final Duration interval;
    private volatile Optional<PeriodicTask> task = Optional.empty();
    private volatile TlsKeyPair.TlsIdentity identity;

    /// What was there at the last look, and what was tried last; used by the watching thread alone.
    private TlsKeyPair.Contents seen;

    private TlsKeyPair.Contents tried;
    private String complaint = "";

    private ServerTls(TlsKeyPair files, InstantSource clock, Duration interval, TlsKeyPair.Contents contents) {
        this.files = files;
        this.clock = clock;
        this.interval = interval;
        this.seen = contents;
        this.tried = contents;
        this.identity = files.identity(contents);
    }

    /// Reads a certificate and its key.
    ///
    /// @param certificates PEM: the certificate, then those between it and the root
    /// @param key PEM: PKCS#8, PKCS#1 or SEC 1, not encrypted
    /// @param interval between two looks at the files; a change is tried once two looks find it alike
    /// @throws TlsFailedException when they cannot be served
    public static ServerTls load(Path certificates, Path key, InstantSource clock, Duration interval) {
        var files = new TlsKeyPair(certificates, key);
        var tls = new ServerTls(files, clock, interval, files.read());
        tls.warnAboutDates();
        return tls;
    }

    /// Reads a certificate and its key as [#load] does, and serves nothing.
    ///
    /// @return the certificate of the server itself
    /// @throws TlsFailedException when they cannot be served
    public static X509Certificate check(Path certificates, Path key) {
        var files = new TlsKeyPair(certificates, key);
        return files.identity(files.read()).leaf();
    }

    /// The certificate of the server itself, whatever its key is.
    ///
    /// @throws TlsFailedException when there is none in the file
    public static X509Certificate leaf(Path certificates) {
        return new TlsKeyPair(certificates, certificates).leaf();
    }

    /// Reads the certificates of a PEM file, in its order; at least one.
    ///
    /// @param setting that names the file, for the error
    /// @throws TlsFailedException when there is none, or one of them is damaged
    public static List<X509Certificate> certificates(String setting, Path file) {
        return TlsKeyPair.readCertificates(setting, file);
    }

    /// Begins to look at the files.
    public void start() {
        task = Optional.of(PeriodicTask.every(interval, "tls-files", this::look));
    }

    /// A file that is being written, or one of two that were both changed, is given one more interval.
    private void look() {
        try {
            var now = files.read();
            var settled = now.equals(seen);
            seen = now;
            if (!settled || now.equals(tried)) {
                return;
            }
            tried = now;
            identity = files.identity(now);
            complaint = "";
            LOG.atInfo()
                    .addKeyValue("code", "TLS_RELOADED")
                    .addKeyValue("subject", identity.leaf().getSubjectX500Principal())
                    .addKeyValue("notAfter", identity.leaf().getNotAfter().toInstant())
                    .log("The certificate has changed; new connections get the new one");
            warnAboutDates();
        } catch (TlsFailedException e) {
            complain(e);
        }
    }

    private void complain(TlsFailedException e) {
        var why = String.valueOf(e.getMessage());
        if (!why.equals(complaint)) {
            complaint = why;
            LOG.atWarn()
                    .addKeyValue("code", "TLS_RELOAD_FAILED")
                    .addKeyValue("cause", why)
                    .log("The certificate's files have changed and cannot be used; the old certificate stays");
        }
    }

    private void warnAboutDates() {
        var leaf = identity.leaf();
        Instant now = clock.instant();
        if (now.isAfter(leaf.getNotAfter().toInstant())
                || now.isBefore(leaf.getNotBefore().toInstant())) {
            LOG.atWarn()
                    .addKeyValue("code", "TLS_CERTIFICATE_EXPIRED")
                    .addKeyValue("subject", leaf.getSubjectX500Principal())
                    .addKeyValue("notBefore", leaf.getNotBefore().toInstant())
                    .addKeyValue("notAfter", leaf.getNotAfter().toInstant())
                    .log("The certificate is not valid now, clients will refuse it; put a new one in its place");
        }
    }

    /// The handler that goes first in a pipeline.
    public SslHandler newHandler(Channel channel) {
        var handler = identity.context().newHandler(channel.alloc());
        handler.setHandshakeTimeout(HANDSHAKE_TIME.toSeconds(), TimeUnit.SECONDS);
        return handler;
    }

    @Override
    public void close() {
        task.ifPresent(PeriodicTask::close);
    }

    /// TLS cannot be served with the files that were given.
    public static final class TlsFailedException extends RuntimeException {
        @Serial
        private static final long serialVersionUID = 1L;

        TlsFailedException(String sentence, Throwable cause) {
            super(sentence, cause);
        }
    }
}
