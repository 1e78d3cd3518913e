/** A certificate as Sigstore's authority makes them: it names a workflow, and who vouched for it. Its key was thrown away. */
export const CERTIFICATE =
  'MIIBsjCCAVegAwIBAgIUM6UimlZYtaBLAoxnQxCWLBiNusEwCgYIKoZIzj0EAwIwADAgFw0yNjExMjExMjIyNDFaGA8yMTI2MTAyODEyMjI0MVowADBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABJsrXuWwAQ2NziE3OtAHb/0Lyar3DWJz1PfpTgqNHjAqHsYxM44J+dXjKM7FzBcr1tw/zyJh8neYhQGVLCIs+VejgawwgakwQwYDVR0RAQH/BDkwN4Y1aHR0cHM6Ly9leGFtcGxlLmNvbS9tZS9zaG9wL3JlbGVhc2UueW1sQHJlZnMvdGFncy8xLjAwFwYKKwYBBAGDvzABAQQJDAdpZ25vcmVkMCoGCisGAQQBg78wAQgEHAwaaHR0cHM6Ly9pc3N1ZXIuZXhhbXBsZS5jb20wHQYDVR0OBBYEFPAR6BH+inqLGaEVbwPfnX4ppzCPMAoGCCqGSM49BAMCA0kAMEYCIQCPZ+XfJpTE6Gn1B0j6+QofuudKB67H+iVKO9tVqXS9qgIhAOYzozy4X+qialHEj5l5uPba/Q3LWLTSFLlK0W7d8kRi';
export const IDENTITY = 'https://example.com/me/shop/release.yml@refs/tags/1.0';
export const ISSUER = 'https://issuer.example.com';
