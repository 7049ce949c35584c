//! The setters of submissions. Each is defined once and shared by all types that offer it.

/// Defines the named setters. The type must have a method `change` that gives access to its inner
/// [`AnySubmission`](super::any::AnySubmission).
macro_rules! setters {
    ($($name:ident),* $(,)?) => {
        $($crate::model::submission::setters::setter!($name);)*
    };
}

macro_rules! setter {
    (tag) => {
        /// Sets a label of your own, such as a path or a row number.
        ///
        /// The tag is never sent. It is returned in [`Outcome::tag`](crate::Outcome::tag),
        /// [`Unfinished::tag`](crate::Unfinished::tag) and [`UploadProgress::tag`](crate::UploadProgress::tag). For a
        /// reference that the service stores, use [`ref_id`](Self::ref_id). Defaults to no tag.
        pub fn tag(self, tag: impl Into<String>) -> Self {
            self.change(|submission| submission.tag = Some($crate::util::hidden::Hidden(tag.into())))
        }
    };
    (file_name) => {
        /// Sets the file name that is sent with an upload, and that the report returns.
        ///
        /// The extension is corrected if it contradicts the content. See
        /// [`corrected_file_name`](Self::corrected_file_name). The option has no effect on a URL. Defaults to the name
        /// of the file on disk. For bytes and readers, it defaults to the medium and the usual extension of the format,
        /// such as `image.png`.
        pub fn file_name(self, name: impl Into<String>) -> Self {
            self.change(|submission| submission.file_name = Some($crate::util::hidden::Hidden(name.into())))
        }
    };
    (max_size) => {
        /// Sets the maximum size of a file in bytes. A larger file is refused before anything is sent.
        ///
        /// The option has no effect on a URL. Defaults to 50 MiB for images and recordings, and to 5 GiB for videos.
        /// The service documents these limits as 50 MB and 5 GB.
        pub fn max_size(self, bytes: u64) -> Self {
            self.change(|submission| submission.max_size = Some(bytes))
        }
    };
    (any_format) => {
        /// If `true`, submits a file of any format, with its file name unchanged.
        ///
        /// If `false`, the format must be one that the service documents for the medium, and the extension of the name
        /// must not belong to another medium. Either way, the service decides whether it accepts the file. Defaults to
        /// `false`.
        pub fn any_format(self, on: bool) -> Self {
            self.change(|submission| submission.any_format = on)
        }
    };
    (on_progress) => {
        /// Sets a function that is called with the progress of an upload, and that can end the upload.
        ///
        /// It is first called with `sent: 0`, and then after each block.
        ///
        /// If the function returns [`ControlFlow::Break`](std::ops::ControlFlow::Break), the call fails with
        /// [`Cancelled`](crate::ErrorKind::Cancelled), and nothing was submitted. The function runs on the thread that
        /// submits, and must not panic. The option has no effect on a URL. Defaults to no function.
        ///
        /// ```
        /// use identifai::Video;
        /// use std::ops::ControlFlow;
        ///
        /// let submission = Video::from_path("clip.mp4").on_progress(|progress| {
        ///     eprintln!("{} of {} bytes", progress.sent, progress.total);
        ///     ControlFlow::Continue(())
        /// });
        /// ```
        pub fn on_progress(
            self,
            callback: impl Fn($crate::model::submission::progress::UploadProgress<'_>) -> std::ops::ControlFlow<()>
            + Send
            + Sync
            + 'static,
        ) -> Self {
            self.change(|submission| {
                submission.watcher = Some($crate::model::submission::progress::Watcher::new(callback));
            })
        }
    };
    (ref_id) => {
        /// Sets a reference of your own, which the service stores and returns with the result.
        ///
        /// Defaults to no reference.
        pub fn ref_id(self, ref_id: impl Into<String>) -> Self {
            self.change(|submission| submission.ref_id = Some($crate::util::hidden::Hidden(ref_id.into())))
        }
    };
    (webhook_url) => {
        /// Sets an `http` or `https` URL to which the service also sends the result.
        ///
        /// The service silently ignores it unless webhooks are enabled for the account. It does not call the URL for a
        /// cached result. Defaults to no URL.
        pub fn webhook_url(self, webhook_url: impl Into<String>) -> Self {
            self.change(|submission| submission.webhook_url = Some($crate::util::hidden::Hidden(webhook_url.into())))
        }
    };
    (no_cache) => {
        /// If `true`, the service analyses the content even if it was submitted before with the same options.
        ///
        /// The new analysis may cost credits again. Defaults to the service's choice, which is not documented.
        pub fn no_cache(self, on: bool) -> Self {
            self.change(|submission| submission.options.no_cache = Some(on))
        }
    };
    (with_morphing) => {
        /// Enables the detection of morphing in people's faces (images and videos).
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn with_morphing(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_morphing = Some(on))
        }
    };
    (with_tampering) => {
        /// Enables the detection of manipulation without generative AI (images and videos).
        ///
        /// Defaults to the service's choice, which is not documented.
        pub fn with_tampering(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_tampering = Some(on))
        }
    };
    (with_heatmap) => {
        /// Enables a heatmap of AI content (images).
        ///
        /// [`Client::heatmap`](crate::Client::heatmap) fetches it. Defaults to the service's choice, which is not
        /// documented.
        pub fn with_heatmap(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_heatmap = Some(on))
        }
    };
    (with_nsfw) => {
        /// Enables the detection of content that is not safe for work (images and videos).
        ///
        /// Its support for videos is our interpretation of the documentation. Defaults to the service's choice, which
        /// is not documented.
        pub fn with_nsfw(self, on: bool) -> Self {
            self.change(|submission| submission.options.with_nsfw = Some(on))
        }
    };
    (prevent_c2pa_forces) => {
        /// If `true`, a C2PA signature does not force the verdict to artificial.
        ///
        /// If `false`, a signature forces the verdict. For recordings, the service documents the option for uploads
        /// only. Defaults to the service's choice, documented as `false`.
        pub fn prevent_c2pa_forces(self, on: bool) -> Self {
            self.change(|submission| submission.options.prevent_c2pa_forces = Some(on))
        }
    };
    (frames) => {
        /// Sets the maximum number of frames that are analysed (videos).
        ///
        /// More frames cost more credits. Defaults to the service's choice, which is not documented.
        pub fn frames(self, frames: $crate::model::submission::options::Frames) -> Self {
            self.change(|submission| submission.options.frames = Some(frames))
        }
    };
    (key_frames) => {
        /// If `true`, the service analyses key frames instead of evenly spaced frames (videos).
        ///
        /// A video may have fewer key frames than [`frames`](Self::frames) allows. Defaults to the service's choice,
        /// which is not documented.
        pub fn key_frames(self, on: bool) -> Self {
            self.change(|submission| submission.options.key_frames = Some(on))
        }
    };
    (key_frames_method) => {
        /// Sets the method by which the service chooses key frames (videos).
        ///
        /// The service does not document whether [`key_frames`](Self::key_frames) must be enabled as well. Defaults to
        /// the service's choice, documented as `iframes`.
        pub fn key_frames_method(self, method: $crate::model::submission::options::KeyFramesMethod) -> Self {
            self.change(|submission| submission.options.key_frames_method = Some(method))
        }
    };
}

pub(crate) use {setter, setters};
