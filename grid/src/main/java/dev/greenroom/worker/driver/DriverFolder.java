package dev.greenroom.worker.driver;

import dev.greenroom.worker.process.BrowserUser;
import dev.greenroom.worker.process.DriverFailedException;
import dev.greenroom.worker.process.FolderTree;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;

/// The private folder of one driver.
///
/// @param root holds the others, and the scripts
/// @param sockets where browser servers listen; node may not write files there
/// @param temporary the only folder in which node may write
/// @param home HOME of node and of the browsers
/// @param user owns the folders in it; node and browsers run as this user
record DriverFolder(Path root, Path sockets, Path temporary, Path home, BrowserUser user) {

    /// @throws DriverFailedException when the path is longer than the kernel takes
    Path socket(long id) {
        var socket = sockets.resolve(Long.toString(id));
        if (socket.toString().getBytes(StandardCharsets.UTF_8).length > RunFolders.MAX_SOCKET_PATH_BYTES) {
            throw new DriverFailedException(socket + " is too long for a Unix socket ("
                    + RunFolders.MAX_SOCKET_PATH_BYTES + " bytes at most); set -Djava.io.tmpdir to a shorter path");
        }
        return socket;
    }

    /// What the driver served last: the id of the browser and the number of the connection. Written by the
    /// driver each time when it turns to another session, because it cannot be asked once it hangs.
    Path serving() {
        return temporary.resolve("serving");
    }

    void delete() {
        FolderTree.delete(root);
    }
}
