package dev.greenroom.net.tls;

import dev.greenroom.net.tls.ServerTls.TlsFailedException;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.netty.handler.ssl.SupportedCipherSuiteFilter;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;

/// A certificate and its private key, in two PEM files.
///
/// @param certificates the file with the server's certificate, followed by its intermediate certificates
/// @param key the file with the private key
record TlsKeyPair(Path certificates, Path key) {
    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----");

    private static final List<String> PROTOCOLS = List.of("TLSv1.3", "TLSv1.2");

    /// All ciphers of TLS 1.3, and those of TLS 1.2 with forward secrecy.
    private static final List<String> CIPHERS = List.of(
            "TLS_AES_128_GCM_SHA256",
            "TLS_AES_256_GCM_SHA384",
            "TLS_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
            "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
            "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
            "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256");

    /// The contents of both files, to detect changes.
    record Contents(String certificates, String key) {
        /// A key is never shown.
        @Override
        public String toString() {
            return "Contents[…]";
        }
    }

    /// The loaded certificate and its TLS context.
    ///
    /// @param leaf the server's own certificate
    record TlsIdentity(SslContext context, X509Certificate leaf) {}

    Contents read() {
        return new Contents(read("TLS_CERT_FILE", certificates), read("TLS_KEY_FILE", key));
    }

    X509Certificate leaf() {
        return readCertificates("TLS_CERT_FILE", certificates).getFirst();
    }

    /// Reads the certificates of a PEM file, in its order; at least one.
    ///
    /// @param setting that names the file, for the error
    /// @throws TlsFailedException with a sentence that names setting and file
    static List<X509Certificate> readCertificates(String setting, Path file) {
        return certificates(setting, file, read(setting, file));
    }

    private static String read(String setting, Path file) {
        try {
            return Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new TlsFailedException(setting + "=" + file + ": there is no such file", e);
        } catch (IOException e) {
            throw new TlsFailedException(setting + "=" + file + ": this process cannot read it (" + e + ")", e);
        }
    }

    /// @throws TlsFailedException when the contents cannot be used; the message names the file and what
    ///     is wrong with it
    TlsIdentity identity(Contents contents) {
        var chain = certificates("TLS_CERT_FILE", certificates, contents.certificates());
        var secret = key(contents.key());
        if (!matches(chain.getFirst(), secret)) {
            throw new TlsFailedException(
                    "TLS_KEY_FILE=" + key + ": it is not the key of the first certificate in TLS_CERT_FILE="
                            + certificates,
                    new GeneralSecurityException("what the key signs, the certificate does not verify"));
        }
        try {
            var context = SslContextBuilder.forServer(secret, chain.toArray(X509Certificate[]::new))
                    .sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK)
                    .protocols(PROTOCOLS)
                    .ciphers(CIPHERS, SupportedCipherSuiteFilter.INSTANCE)
                    .build();
            return new TlsIdentity(context, chain.getFirst());
        } catch (IOException | IllegalArgumentException e) {
            throw new TlsFailedException(
                    "TLS_CERT_FILE=" + certificates + " and TLS_KEY_FILE cannot be used: " + e.getMessage(), e);
        }
    }

    private static List<X509Certificate> certificates(String setting, Path file, String pem) {
        try {
            var factory = CertificateFactory.getInstance("X.509");
            List<X509Certificate> chain = new ArrayList<>();
            var blocks = CERTIFICATE.matcher(pem);
            while (blocks.find()) {
                var block = new ByteArrayInputStream(blocks.group().getBytes(StandardCharsets.ISO_8859_1));
                chain.add((X509Certificate) factory.generateCertificate(block));
            }
            if (chain.isEmpty()) {
                throw new CertificateException("there is no certificate in it (-----BEGIN CERTIFICATE-----)");
            }
            return chain;
        } catch (CertificateException e) {
            throw new TlsFailedException(setting + "=" + file + ": " + e.getMessage(), e);
        }
    }

    private PrivateKey key(String pem) {
        try {
            return PemPrivateKey.read(pem);
        } catch (GeneralSecurityException e) {
            throw new TlsFailedException("TLS_KEY_FILE=" + key + ": " + e.getMessage(), e);
        }
    }

    private static boolean matches(X509Certificate certificate, PrivateKey key) {
        if (!certificate.getPublicKey().getAlgorithm().equals(key.getAlgorithm())) {
            return false;
        }
        var algorithm = key.getAlgorithm().equals("RSA") ? "SHA256withRSA" : "SHA256withECDSA";
        try {
            var signature = Signature.getInstance(algorithm);
            var sample = algorithm.getBytes(StandardCharsets.US_ASCII);
            signature.initSign(key);
            signature.update(sample);
            var signed = signature.sign();
            signature.initVerify(certificate.getPublicKey());
            signature.update(sample);
            return signature.verify(signed);
        } catch (GeneralSecurityException _) {
            return false;
        }
    }
}
