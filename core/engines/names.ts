/** How engines write the names of images: each in its own way where no registry is named. */
import { DEFAULT_TAG, DOCKER_HUB, parseReference } from '../oci/reference.ts';

/** As containerd and Kubernetes name it: `docker.io/library/shop:1.0`. @throws ImageReferenceError */
export function completeName(name: string): string {
  const { host, repository, tag = DEFAULT_TAG } = parseReference(name);
  return `${host}/${repository}:${tag}`;
}

/** As podman names what it builds: `localhost/shop:1.0` where no registry is named. @throws ImageReferenceError */
export function localName(name: string): string {
  const { host } = parseReference(name);
  const [first = '', ...rest] = name.split('/');
  const namesHost = rest.length > 0 && (host !== DOCKER_HUB || /[.:]/.test(first));
  return namesHost ? name : `localhost/${name}`;
}
