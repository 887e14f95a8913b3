package dev.greenroom.net.tls;

import java.io.ByteArrayOutputStream;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.security.GeneralSecurityException;
import java.security.InvalidKeyException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Pattern;

/// Reads private keys from PEM files: PKCS#8, and OpenSSL's older formats PKCS#1 (RSA) and SEC 1 (EC),
/// which are converted because the JDK reads only PKCS#8.
final class PemPrivateKey {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z ]*PRIVATE KEY)-----([^-]*)-----END \\1-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC");

    private static final int INTEGER = 0x02;
    private static final int OCTETS = 0x04;
    private static final int SEQUENCE = 0x30;
    private static final int CURVE = 0xA0;
    private static final byte[] VERSION_0 = {INTEGER, 1, 0};
    /// 1.2.840.113549.1.1.1, without parameters.
    private static final byte[] RSA = {
        0x06, 0x09, 0x2A, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xF7, 0x0D, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    /// 1.2.840.10045.2.1; the curve follows.
    private static final byte[] EC = {0x06, 0x07, 0x2A, (byte) 0x86, 0x48, (byte) 0xCE, 0x3D, 0x02, 0x01};

    private PemPrivateKey() {}

    /// Reads the first private key of a PEM file.
    ///
    /// @throws GeneralSecurityException with a message for the user
    static PrivateKey read(String pem) throws GeneralSecurityException {
        var block = BLOCK.matcher(pem);
        if (!block.find()) {
            throw new InvalidKeyException("there is no private key in it (-----BEGIN PRIVATE KEY-----)");
        }
        if (pem.contains("ENCRYPTED")) {
            throw new InvalidKeyException("the key is encrypted, and no passphrase can be given;"
                    + " store it unencrypted, readable by this process only");
        }
        try {
            var key = Base64.getMimeDecoder().decode(block.group(2));
            return decoded(
                    switch (block.group(1)) {
                        case "RSA PRIVATE KEY" -> envelope(RSA, key);
                        case "EC PRIVATE KEY" -> envelope(join(EC, curve(key)), key);
                        default -> key;
                    });
        } catch (IllegalArgumentException | IndexOutOfBoundsException | BufferUnderflowException e) {
            throw new InvalidKeyException("the key is damaged", e);
        }
    }

    private static PrivateKey decoded(byte[] pkcs8) throws GeneralSecurityException {
        for (var algorithm : ALGORITHMS) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException _) {
                // Not one of this algorithm.
            }
        }
        throw new InvalidKeyException("the key is damaged, or neither RSA nor EC");
    }

    private static byte[] envelope(byte[] algorithm, byte[] key) {
        return element(SEQUENCE, join(VERSION_0, element(SEQUENCE, algorithm), element(OCTETS, key)));
    }

    /// The curve's name in an EC key: in element 0, after version and private value.
    private static byte[] curve(byte[] key) throws InvalidKeyException {
        var inside = contents(ByteBuffer.wrap(key));
        contents(inside);
        contents(inside);
        if (!inside.hasRemaining() || (inside.get(inside.position()) & 0xFF) != CURVE) {
            throw new InvalidKeyException("the EC key does not name its curve; write it anew as PKCS#8");
        }
        var name = contents(inside);
        var bytes = new byte[name.remaining()];
        name.get(bytes);
        return bytes;
    }

    /// Reads one DER element and returns its contents.
    private static ByteBuffer contents(ByteBuffer der) {
        der.get();
        var length = der.get() & 0xFF;
        if (length > 0x80) {
            var bytes = length - 0x80;
            length = 0;
            for (var i = 0; i < bytes; i++) {
                length = (length << 8) | (der.get() & 0xFF);
            }
        }
        var contents = der.slice(der.position(), length);
        der.position(der.position() + length);
        return contents;
    }

    private static byte[] element(int tag, byte[] contents) {
        var der = new ByteArrayOutputStream();
        der.write(tag);
        if (contents.length < 0x80) {
            der.write(contents.length);
        } else {
            der.write(0x82);
            der.write(contents.length >> 8);
            der.write(contents.length);
        }
        der.writeBytes(contents);
        return der.toByteArray();
    }

    private static byte[] join(byte[]... parts) {
        var joined = new ByteArrayOutputStream();
        for (var part : parts) {
            joined.writeBytes(part);
        }
        return joined.toByteArray();
    }
}
