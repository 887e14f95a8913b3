/// Finding and providing browsers: settings come in, the program to launch goes out, or a sentence that says how to get
/// one. Nothing here launches a browser for a session, and nothing is installed unless [BrowserProvider] is asked to.
@NullMarked
package dev.greenroom.worker.browser;

import org.jspecify.annotations.NullMarked;
