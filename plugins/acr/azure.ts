/** What the parts of this plugin use of the outside world, and which of Azure's clouds a registry belongs to. */
import type { HttpClient, Log } from 'pycontainer';

export interface Azure {
  readonly http: HttpClient;
  readonly log: Log;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal: AbortSignal;
}

/** One of Azure's clouds. */
export interface Cloud {
  /** What a token is for: the registries of the cloud, or all that its resource manager does. */
  readonly audience: string;
  /** Where tokens are given out. */
  readonly authority: string;
}

const CLOUDS: Readonly<Record<string, Cloud>> = {
  'azurecr.io': {
    audience: 'https://containerregistry.azure.net',
    authority: 'https://login.microsoftonline.com',
  },
  'azurecr.us': {
    audience: 'https://management.usgovcloudapi.net',
    authority: 'https://login.microsoftonline.us',
  },
  'azurecr.cn': {
    audience: 'https://management.chinacloudapi.cn',
    authority: 'https://login.chinacloudapi.cn',
  },
};

/** `shop.azurecr.io`, or with the hash of a domain name label, `shop-a1b2c3.azurecr.io`. */
const HOST = /^[a-z0-9]{5,50}(?:-[a-z0-9]+)?\.(?<domain>azurecr\.(?:io|us|cn))$/;

/** Undefined for every host that is no registry of Azure. */
export function cloudOf(host: string): Cloud | undefined {
  const domain = HOST.exec(host)?.groups?.domain;
  return domain === undefined ? undefined : CLOUDS[domain];
}
