package dev.greenroom.worker.store;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;
import org.apache.commons.compress.archivers.tar.TarConstants;

/// A downloaded npm package. It is not trusted before its digest is verified, and unpacked as untrusted
/// input even then.
///
/// @param file a gzipped tar
record PackageArchive(Path file) {
    private static final String SHA_512 = "sha512-";
    private static final String ROOT = "package/";
    private static final int MAX_ENTRIES = 10_000;
    private static final long MAX_UNPACKED_BYTES = 256L << 20;
    private static final int BUFFER_BYTES = 64 * 1024;

    /// Verifies the digest.
    ///
    /// @param integrity from the registry, in npm's form; must contain a `sha512-` entry
    /// @throws IOException when it differs
    void verify(String integrity) throws IOException {
        var expected = integrity
                .lines()
                .flatMap(line -> line.transform(text -> Arrays.stream(text.split(" ", -1))))
                .filter(entry -> entry.startsWith(SHA_512))
                .findFirst()
                .orElseThrow(() -> new IOException("the registry names no sha512 digest for the package"));
        if (!MessageDigest.isEqual(digest(), decoded(expected.substring(SHA_512.length())))) {
            throw new IOException("the package is not the one that the registry describes: its sha512 digest differs");
        }
    }

    private static byte[] decoded(String base64) throws IOException {
        try {
            return Base64.getDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new IOException("the registry's digest is not base64", e);
        }
    }

    private byte[] digest() throws IOException {
        try (var in = Files.newInputStream(file)) {
            var digest = MessageDigest.getInstance("SHA-512");
            var buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                digest.update(buffer, 0, read);
            }
            return digest.digest();
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /// Unpacks the package's files into an empty folder.
    ///
    /// @throws IOException when an entry is not a plain file within the package, or there are too many or
    ///     too large
    void unpack(Path target) throws IOException {
        try (var in = new BufferedInputStream(Files.newInputStream(file), BUFFER_BYTES);
                var tar = new TarArchiveInputStream(new GZIPInputStream(in))) {
            long bytesLeft = MAX_UNPACKED_BYTES;
            int entries = 0;
            for (var entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
                if (++entries > MAX_ENTRIES) {
                    throw new IOException("the package has more than " + MAX_ENTRIES + " entries");
                }
                if (!entry.isDirectory()) {
                    bytesLeft -= write(tar, place(entry, target), bytesLeft);
                }
            }
        }
    }

    private static Path place(TarArchiveEntry entry, Path target) throws IOException {
        var name = entry.getName();
        var type = entry.getLinkFlag();
        if (type != TarConstants.LF_NORMAL && type != TarConstants.LF_OLDNORM) {
            throw new IOException("the package holds '" + name + "', which is not a plain file");
        }
        if (!name.startsWith(ROOT) || name.indexOf('\\') >= 0 || name.indexOf('\0') >= 0) {
            throw new IOException("the package holds '" + name + "', which is outside of it");
        }
        var place = target.resolve(name.substring(ROOT.length())).normalize();
        if (!place.startsWith(target) || place.equals(target)) {
            throw new IOException("the package holds '" + name + "', which is outside of it");
        }
        return place;
    }

    private static long write(InputStream in, Path place, long limit) throws IOException {
        Files.createDirectories(place.getParent());
        long written = 0;
        try (var out = Files.newOutputStream(place)) {
            var buffer = new byte[BUFFER_BYTES];
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                written += read;
                if (written > limit) {
                    throw new IOException("the package unpacks to more than " + MAX_UNPACKED_BYTES + " bytes");
                }
                out.write(buffer, 0, read);
            }
        }
        return written;
    }
}
