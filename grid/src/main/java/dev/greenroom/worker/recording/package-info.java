/// Videos of sessions. In come pictures of a session's pages, out come WebM files in a folder that is bounded in
/// time and size. Nothing here decodes a picture: that is done by ffmpeg, as the user of the browsers.
@NullMarked
package dev.greenroom.worker.recording;

import org.jspecify.annotations.NullMarked;
